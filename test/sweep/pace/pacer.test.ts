import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import type { S3Request, S3Response, S3Service } from '../../../src/s3/message.js';
import type { OperationName } from '../../../src/s3/operations.js';
import { createPacer, type Pacer } from '../../../src/sweep/pace/pacer.js';
import { parseWindow } from '../../../src/sweep/pace/window.js';
import { GET, OK, type Outcome, PUT, scripted, unavailable } from '../../filters/requests.js';
import { ManualClock } from '../../support/manual-clock.js';
import { settled } from './settled.js';

const never = new AbortController().signal;
let clock: ManualClock;
let clients: number;
let pacer: Pacer;

beforeEach(() => {
  clock = new ManualClock();
  clients = 0;
  pacer = createPacer({ clock, clientRequests: () => clients });
});

async function pass(ms: number, step = 1): Promise<void> {
  for (let passed = 0; passed < ms; passed += step) {
    clock.advance(step);
    await settled();
  }
}

const ask = (operation: OperationName, method: string): S3Request => ({ ...GET, operation, method });
const refusal = (status: number, retryAfter?: string): S3Response => ({
  status,
  headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
});

/** A store that takes `ms` for each answer; `asked` is when each request came to it. */
function slowStore(ms: number): { readonly service: S3Service; readonly asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    async service() {
      asked.push(clock.now());
      await clock.sleep(ms);
      return OK;
    },
  };
}

/** Two stores between which `copyAll` copies objects, with one request of each. */
function stores(ms = 10) {
  const [target, shadow] = [slowStore(ms), slowStore(ms)];
  const put = pacer.through.target(target.service);
  const get = pacer.through.shadow(shadow.service);
  const seen = { underWay: 0, most: 0, done: 0 };
  const copy = async () => {
    seen.underWay += 1;
    seen.most = Math.max(seen.most, seen.underWay);
    await get(GET);
    await put(PUT);
    seen.underWay -= 1;
    seen.done += 1;
  };
  return {
    seen,
    requests: () => target.asked.length + shadow.asked.length,
    copyAll: (objects: number) => Promise.all(Array.from({ length: objects }, () => pacer.run(copy, never))),
  };
}

/** Objects that are begun, and never end. */
function begun(objects: number): number[] {
  const order: number[] = [];
  for (let i = 0; i < objects; i += 1)
    void pacer.run(() => {
      order.push(i);
      return new Promise(() => undefined);
    }, never);
  return order;
}

describe('objects that are moved', () => {
  it('are begun in order, a few at a time at first, and one more when one has ended', async () => {
    const ends: (() => void)[] = [];
    const order: number[] = [];
    for (let i = 0; i < 6; i += 1)
      void pacer.run(() => {
        order.push(i);
        return new Promise<void>((resolve) => ends.push(resolve));
      }, never);
    await settled();
    expect(order).toEqual([0, 1, 2, 3]);
    expect(pacer.state).toMatchObject({ slots: { underWay: 4, now: 4 } });
    expect(pacer.state.waits).toBeUndefined();
    ends[2]?.();
    await settled();
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  it('are more and more at a time while both stores stay as fast', async () => {
    const { seen, copyAll } = stores();
    const all = copyAll(5_000);
    await pass(2_000);
    await all;
    expect(seen.most).toBeGreaterThan(30);
    expect(seen.most).toBeLessThanOrEqual(128);
  });

  it('are as many at a time as the store bears that bears less', async () => {
    const { copyAll, seen } = stores();
    const all = copyAll(5_000);
    await pass(400);
    expect(pacer.state.slots.now).toBeGreaterThan(8);
    const refusing = pacer.through.target(async () => refusal(503));
    for (let i = 0; i < 8; i += 1) await refusing(PUT);
    const { slots } = pacer.state;
    expect(slots).toMatchObject({ target: 1, now: 1 });
    expect(slots.shadow).toBeGreaterThan(8);
    await pass(60);
    expect(pacer.state.slots.underWay).toBeLessThanOrEqual(2);
    await pass(3_000);
    await all;
    expect(seen.done).toBe(5_000);
  });

  it('are more at a time as soon as it is seen that the stores bear more, before any has ended', async () => {
    const order = begun(6);
    const sides = [pacer.through.target(scripted().service), pacer.through.shadow(scripted().service)];
    for (const side of sides) await side(GET);
    await settled();
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  it('end as their work does, and leave room whatever it came to', async () => {
    for (let i = 0; i < 20; i += 1) {
      const failing = pacer.run(async () => {
        throw new Error(`object ${i}`);
      }, never);
      await expect(failing).rejects.toThrow(`object ${i}`);
    }
    expect(await pacer.run(async () => 'copied', never)).toBe('copied');
    expect(pacer.state.slots.underWay).toBe(0);
  });

  it('are not begun when the pass is broken off while they wait', async () => {
    begun(4);
    const pass = new AbortController();
    let isBegun = false;
    const waiting = pacer.run(async () => {
      isBegun = true;
    }, pass.signal);
    pass.abort(new Error('paused'));
    await expect(waiting).rejects.toThrow('paused');
    await expect(pacer.run(async () => 'late', pass.signal)).rejects.toThrow('paused');
    expect(isBegun).toBe(false);
  });

  it('are not begun any more when the pacer is closed', async () => {
    begun(4);
    const waiting = pacer.run(async () => 'late', never);
    pacer.close();
    await expect(waiting).rejects.toMatchObject({ name: 'PacerClosed' });
    await expect(pacer.run(async () => 'later', never)).rejects.toMatchObject({ name: 'PacerClosed' });
  });
});

describe('a store that refuses', () => {
  it.each<[string, Outcome]>([
    ['429', refusal(429)],
    ['503', refusal(503)],
    ['no answer in time', unavailable('timeout')],
  ])('is given half as many objects after %s', async (_, outcome) => {
    const { service } = scripted(outcome);
    await pacer.through
      .shadow(service)(GET)
      .catch(() => undefined);
    expect(pacer.state.slots).toMatchObject({ shadow: 2, target: 4, now: 2 });
  });

  it.each<[string, Outcome]>([
    ['500', refusal(500)],
    ['502', refusal(502)],
    ['403', refusal(403)],
    ['404', refusal(404)],
    ['a connection that broke', unavailable('reset')],
    ['no connection', unavailable('connect')],
    ['an open circuit', unavailable('circuit-open')],
    ['another error', new Error('aborted')],
  ])('is given as many as before after %s', async (_, outcome) => {
    const { service } = scripted(outcome);
    await pacer.through
      .target(service)(GET)
      .catch(() => undefined);
    expect(pacer.state.slots).toMatchObject({ target: 4, shadow: 4 });
  });

  it.each<Outcome>([refusal(503, '1'), refusal(500), unavailable('timeout'), new Error('defect')])(
    'is asked once, and what it says is passed on as it is',
    async (outcome) => {
      for (const side of ['target', 'shadow'] as const) {
        const { service, asked } = scripted(outcome);
        expect(await pacer.through[side](service)(PUT).catch((error: Error) => error)).toBe(outcome);
        expect(asked).toHaveLength(1);
        expect(asked[0]).toBe(PUT);
        clock.advance(60_000);
      }
    },
  );

  it('is left alone for as long as Retry-After says: no object is begun, and it is told until when', async () => {
    const { service } = scripted(refusal(503, '7'));
    await pacer.through.target(service)(PUT);
    const order = begun(1);
    expect(pacer.state.waits).toEqual({ for: 'target', until: clock.now() + 7_000 });
    clock.advance(6_999);
    await settled();
    expect(order).toEqual([]);
    clock.advance(1);
    await settled();
    expect(order).toEqual([0]);
  });

  it('gets reads and parts of what is under way only then, and what commits a copy at once', async () => {
    const { service, asked } = scripted(refusal(503, '7'));
    const store = pacer.through.target(service);
    await store(PUT);
    asked.length = 0;
    const held = [ask('HeadObject', 'HEAD'), ask('ListObjectsV2', 'GET'), ask('UploadPart', 'PUT')];
    const commits = [PUT, ask('CopyObject', 'PUT'), ask('CompleteMultipartUpload', 'POST')];
    const answers = Promise.all([...held, ...commits].map((request) => store(request)));
    await settled();
    expect(asked.map(({ operation }) => operation)).toEqual(commits.map(({ operation }) => operation));
    clock.advance(7_000);
    await answers;
    expect(asked).toHaveLength(6);
  });

  it('does not hold up the other store', async () => {
    await pacer.through.target(scripted(refusal(503, '7')).service)(PUT);
    expect(await pacer.through.shadow(scripted().service)(GET)).toBe(OK);
  });

  it('lets a request go that is no longer wanted', async () => {
    await pacer.through.target(scripted(refusal(503, '7')).service)(PUT);
    const leaving = new AbortController();
    const held = pacer.through.target(scripted().service)({ ...GET, signal: leaving.signal });
    leaving.abort(new Error('left'));
    await expect(held).rejects.toThrow('left');
  });
});

describe('a store that gets slower', () => {
  it('is told by the time that it takes once it has the whole of an object', async () => {
    let slow = 0;
    const store = pacer.through.target(async ({ body }) => {
      // Like a client that sends slowly: nothing that the store could help.
      await clock.sleep(slow);
      if (body instanceof Readable) for await (const _ of body);
      await clock.sleep(10);
      return OK;
    });
    begun(4);
    for (; slow < 20_000; slow += 500) {
      const answer = store({ ...PUT, body: Readable.from([Buffer.from('x')]) });
      await settled();
      await pass(slow, 1_000);
      await pass(20);
      await answer;
    }
    expect(pacer.state.slots.target).toBeGreaterThan(6);
  });
});

describe('a store that answers before it has the whole of an object', () => {
  it('tells nothing of how fast it is', async () => {
    const store = pacer.through.target(async () => {
      await clock.sleep(slow);
      return OK;
    });
    begun(4);
    let slow = 10;
    for (; slow < 10_000; slow += 250) {
      const answer = store({ ...PUT, body: Readable.from([Buffer.from('x')]) });
      await settled();
      await pass(slow, slow);
      await answer;
    }
    expect(pacer.state.slots.target).toBeGreaterThan(6);
  });
});

describe("clients' requests", () => {
  it('take the place of objects, all but one, and leave it when they end', async () => {
    clients = 3;
    const order = begun(6);
    await settled();
    expect(order).toEqual([0]);
    expect(pacer.state).toMatchObject({ slots: { now: 1 }, waits: { for: 'clients' } });
    clients = 100;
    await pass(1_000, 100);
    expect(order).toEqual([0]);
    clients = 1;
    await pass(100, 100);
    expect(order).toEqual([0, 1, 2]);
    clients = 0;
    await pass(100, 100);
    expect(order).toEqual([0, 1, 2, 3]);
  });
});

describe('a window', () => {
  it('keeps objects from being begun outside of it, and says when it opens', async () => {
    // The clock begins at midnight UTC.
    pacer.setLimits({ window: parseWindow('02:00-03:00 UTC') }, 1);
    const order = begun(1);
    expect(order).toEqual([]);
    expect(pacer.state.waits).toEqual({ for: 'window', until: clock.now() + 7_200_000 });
    await pass(7_199_000, 1_000);
    expect(order).toEqual([]);
    await pass(1_000, 1_000);
    expect(order).toEqual([0]);
  });

  it('lets end what is under way when it closes', async () => {
    pacer.setLimits({ window: parseWindow('23:00-00:01 UTC') }, 1);
    const { copyAll, seen } = stores(30_000);
    const all = copyAll(8);
    await pass(120_000, 1_000);
    expect(seen.done).toBe(4);
    expect(pacer.state).toMatchObject({ slots: { underWay: 0 }, waits: { for: 'window' } });
    pacer.setLimits({}, 1);
    await settled();
    expect(pacer.state.slots.underWay).toBe(4);
    await pass(120_000, 1_000);
    await all;
  });
});

describe('a limit of requests', () => {
  it('holds for both stores together', async () => {
    pacer.setLimits({ maxRequests: 100 }, 1);
    const { seen, requests, copyAll } = stores();
    const all = copyAll(200);
    await pass(1_000);
    expect(requests()).toBeGreaterThan(80);
    expect(requests()).toBeLessThanOrEqual(112);
    expect(pacer.state.waits?.for).toBe('requests');
    expect(pacer.state.requestsPerSecond).toBeGreaterThan(80);
    await pass(1_000);
    expect(requests()).toBeLessThanOrEqual(212);
    await pass(2_500);
    await all;
    expect(seen.done).toBe(200);
  });

  it('holds for objects of which nothing but the end is sent', async () => {
    pacer.setLimits({ maxRequests: 100 }, 1);
    const { service, asked } = scripted();
    const store = pacer.through.target(service);
    void Promise.all(
      Array.from({ length: 500 }, () => pacer.run(() => store(ask('CopyObject', 'PUT')), never)),
    );
    await pass(1_000);
    expect(asked.length).toBeGreaterThan(90);
    expect(asked.length).toBeLessThanOrEqual(112);
  });

  it('costs an object nothing that sends no request', async () => {
    pacer.setLimits({ maxRequests: 1 }, 1);
    for (let i = 0; i < 50; i += 1) await pacer.run(async () => undefined, never);
    expect(clock.now()).toBe(Date.UTC(2026, 0, 1));
  });

  it('never holds up what commits a copy', async () => {
    pacer.setLimits({ maxRequests: 1 }, 1);
    const { service, asked } = scripted();
    const store = pacer.through.target(service);
    for (let i = 0; i < 20; i += 1) await store(ask('CompleteMultipartUpload', 'POST'));
    expect(asked).toHaveLength(20);
    void store(ask('ListObjectsV2', 'GET'));
    await settled();
    expect(asked).toHaveLength(20);
  });

  it('is in part that of this process, and changed with effect at once', async () => {
    pacer.setLimits({ maxRequests: 100 }, 0.1);
    const { seen, requests, copyAll } = stores();
    const all = copyAll(200);
    await pass(1_000);
    expect(requests()).toBeLessThanOrEqual(13);
    pacer.setLimits({}, 0.1);
    await pass(2_000);
    await all;
    expect(seen.done).toBe(200);
  });

  it('that is not set has no parts', async () => {
    pacer.setLimits({}, 0);
    const { seen, copyAll } = stores();
    const all = copyAll(20);
    await pass(1_000);
    await all;
    expect(seen.done).toBe(20);
  });

  it('of which this process has no part lets none begin', async () => {
    pacer.setLimits({ maxRequests: 100 }, 0);
    const { seen, copyAll } = stores();
    void copyAll(10);
    await pass(30_000, 100);
    expect(seen.done).toBeLessThanOrEqual(2);
  });
});

describe('a limit of bandwidth', () => {
  it('holds for all objects together, and no more are begun than flow', async () => {
    pacer.setLimits({ maxBandwidth: 200_000 }, 0.5);
    const shadow = pacer.through.shadow(async () => ({
      status: 200,
      headers: { 'content-length': '20000' },
      body: Readable.from([Buffer.alloc(10_000), Buffer.alloc(10_000)]),
    }));
    const target = pacer.through.target(scripted().service);
    let bytes = 0;
    let underWay = 0;
    let most = 0;
    const copy = async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      const { body } = await shadow(GET);
      for await (const chunk of body as Readable) bytes += chunk.length;
      await target(PUT);
      underWay -= 1;
    };
    const all = Promise.all(Array.from({ length: 200 }, () => pacer.run(copy, never)));
    await pass(20_000, 10);
    expect(bytes).toBeGreaterThan(1_900_000);
    expect(bytes).toBeLessThanOrEqual(2_040_000);
    expect(pacer.state.bytesPerSecond).toBeGreaterThan(90_000);
    expect(most).toBe(5);
    expect(pacer.state).toMatchObject({ slots: { now: 5 }, waits: { for: 'bandwidth' } });
    pacer.setLimits({}, 0.5);
    await pass(200, 1);
    await all;
    expect(bytes).toBe(4_000_000);
  });
});

describe('the state of a pacer', () => {
  it('says nothing of waits while nothing waits', async () => {
    expect(pacer.state).toEqual({
      slots: { underWay: 0, now: 4, target: 4, shadow: 4 },
      bytesPerSecond: 0,
      requestsPerSecond: 0,
    });
  });

  it('counts requests and bytes of the last ten seconds', async () => {
    const body = Buffer.alloc(3_000);
    const shadow = pacer.through.shadow(async () => ({ status: 200, headers: {}, body }));
    await pass(20_000, 1_000);
    for (let second = 0; second < 10; second += 1) {
      await shadow(GET);
      await shadow(GET);
      await pass(second < 9 ? 1_000 : 0, 1_000);
    }
    expect(pacer.state).toMatchObject({ bytesPerSecond: 6_000, requestsPerSecond: 2 });
    await pass(20_000, 1_000);
    expect(pacer.state).toMatchObject({ bytesPerSecond: 0, requestsPerSecond: 0 });
  });
});

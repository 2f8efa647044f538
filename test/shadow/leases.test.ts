import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { S3Filter } from '../../src/s3/message.js';
import type { Kv } from '../../src/state/kv.js';
import { systemClock } from '../../src/system/clock.js';
import { type Moving, movingBucket } from './moving.js';
import { Uploading } from './uploading.js';

const LEASE_MS = 4_000;
const IGNORES_CONDITIONS = { put: false, complete: false, match: false };

const isOpen = async ({ ledger }: Moving): Promise<boolean> => {
  const { intents, copies } = await ledger.record('k');
  return intents.length + copies.length > 0;
};

/** A body whose second half comes when it is told to. */
function inTwoHalves(): { body: Readable; go(): void } {
  let go = () => undefined as unknown;
  const told = new Promise((resolve) => {
    go = () => resolve(undefined);
  });
  async function* halves() {
    yield Buffer.from('first ');
    await told;
    yield Buffer.from('second');
  }
  return { body: Readable.from(halves()), go: () => void go() };
}
const LENGTH = { 'content-length': String('first second'.length) };

describe('a writer that is held up for longer than its lease', () => {
  it('releases nothing more, since others have settled its write meanwhile', async () => {
    const onShadow: S3Filter = (service) => async (request) => {
      const answer = await service(request);
      if (request.operation === 'PutObject') {
        moving.pass(LEASE_MS + 1);
        moving.recoverOn('write-through');
        await expect.poll(() => isOpen(moving)).toBe(false);
      }
      return answer;
    };
    const moving = await movingBucket({ writeThrough: true, leaseMs: LEASE_MS, onShadow });
    await expect(moving.client.put('k', 'new')).rejects.toMatchObject({ code: 'ServiceUnavailable' });
    await moving.settled();
    expect(await moving.target.text('k')).toBeUndefined();
  });

  it('goes on when nobody has, having prolonged it', async () => {
    const onShadow: S3Filter = (service) => async (request) => {
      const answer = await service(request);
      if (request.operation === 'PutObject') moving.pass(LEASE_MS + 1);
      return answer;
    };
    const moving = await movingBucket({ writeThrough: true, leaseMs: LEASE_MS, onShadow });
    expect((await moving.client.put('k', 'new')).status).toBe(200);
    expect(await moving.target.text('k')).toBe('new');
    expect(await isOpen(moving)).toBe(false);
  });
});

describe('a delete that is held up for longer than its lease after it has looked', () => {
  it.each([
    ['a plain one, where writers exclude each other', 'exclusive', {}],
    ['one with a condition', 'read-through', { 'if-match': '*' }],
  ] as const)('does not go by what it saw: %s', async (_, rung, headers) => {
    let heldUp = false;
    const onTarget: S3Filter = (service) => async (request) => {
      const answer = await service(request);
      if (request.operation !== 'HeadObject' || heldUp) return answer;
      heldUp = true;
      moving.pass(LEASE_MS + 1);
      moving.recoverOn(rung);
      await expect.poll(() => isOpen(moving)).toBe(false);
      await moving.target.put('k', 'written meanwhile');
      return answer;
    };
    const moving = await movingBucket({ rung, leaseMs: LEASE_MS, onTarget });
    await moving.shadow.put('k', 'old');
    await expect(moving.client.ask('DELETE', 'k', { headers })).rejects.toMatchObject({
      code: 'ServiceUnavailable',
    });
    expect(await moving.ledger.isDeleted('k')).toBe(false);
    expect(await moving.client.text('k')).toBe('written meanwhile');
  });
});

it('a delete that stood still before it told the target still tells the shadow, although recovery has given it up', async () => {
  const onTarget: S3Filter = (service) => async (request) => {
    if (request.method === 'DELETE') {
      const state = async () => (await moving.ledger.record('k')).tombstone?.shadowDelete;
      moving.pass(10 * LEASE_MS);
      moving.recoverOn('read-through');
      await expect.poll(state).toBe('hidden');
    }
    return service(request);
  };
  const moving = await movingBucket({ leaseMs: LEASE_MS, onTarget });
  await moving.target.put('k', 'there');
  await moving.shadow.put('k', 'old');
  expect((await moving.client.ask('DELETE', 'k')).status).toBe(204);
  await moving.settled();
  expect(await moving.shadow.text('k')).toBeUndefined();
  expect(await moving.client.text('k')).toBeUndefined();
});

it.each(['', 'versionId=1'])(
  'a delete that stood still after it set the tombstone tells the target nothing any more (%s)',
  async (query) => {
    const onState = (kv: Kv): Kv => ({
      ...kv,
      commit: async (commit) => {
        const done = await kv.commit(commit);
        if (commit.sets?.some(({ value }) => value.includes('tombstone'))) moving.pass(LEASE_MS);
        return done;
      },
    });
    const moving = await movingBucket({ leaseMs: LEASE_MS, onState });
    await moving.target.put('k', 'there');
    await expect(moving.client.ask('DELETE', 'k', { query })).rejects.toMatchObject({
      code: 'ServiceUnavailable',
    });
    await moving.settled();
    expect(moving.asked.target.map(({ method }) => method)).not.toContain('DELETE');
    expect(await moving.client.text('k')).toBe('there');
  },
);

describe('a PUT to a target that ignores If-None-Match', () => {
  it('announces itself when only its end is missing, however long its body takes', async () => {
    const moving = await movingBucket({ leaseMs: LEASE_MS, conditionalWrites: IGNORES_CONDITIONS });
    const { body, go } = inTwoHalves();
    const put = moving.client.ask('PUT', 'k', { body, headers: LENGTH });
    await expect.poll(() => moving.asked.target.length).toBeGreaterThan(0);
    expect(await isOpen(moving)).toBe(false);
    go();
    expect((await put).status).toBe(200);
    expect(await moving.target.text('k')).toBe('first second');
    expect(await isOpen(moving)).toBe(false);
  });
});

describe('a write that the target takes long to answer, since it makes the object of what it has', () => {
  it.each([
    ['exclusive', true],
    ['read-through', false],
  ] as const)('prolongs its intent meanwhile on the rung %s', async (rung, honours) => {
    const untils: number[] = [];
    const until = async () => (await moving.ledger.record('k')).intents[0]?.until ?? 0;
    const onTarget: S3Filter = (service) => async (request) => {
      if (request.operation === 'CopyObject') {
        const first = await until();
        await expect.poll(until, { timeout: 5_000 }).toBeGreaterThan(first);
        untils.push(first);
      }
      return service(request);
    };
    const conditionalWrites = { put: honours, complete: honours, match: honours };
    const moving = await movingBucket({ rung, leaseMs: 1_500, onTarget, conditionalWrites });
    await moving.target.put('source', 'text');
    const headers = { 'x-amz-copy-source': 'new/source' };
    expect((await moving.client.ask('PUT', 'k', { headers })).status).toBe(200);
    expect(untils).toHaveLength(1);
    expect([await moving.target.text('k'), await isOpen(moving)]).toEqual(['text', false]);
  });
});

describe('an upload of the target alone that is copied to the shadow', () => {
  it('prolongs its intent before it releases the end of the copy, where the target was slow', async () => {
    const onTarget: S3Filter = (service) => async (request) => {
      const answer = await service(request);
      if (request.operation === 'GetObject') moving.pass(LEASE_MS * 0.9);
      return answer;
    };
    const leftAtTheEnd: number[] = [];
    const onShadow: S3Filter = (service) => async (request) => {
      const answer = await service(request);
      const [intent] = (await moving.ledger.record('k')).intents;
      if (intent) leftAtTheEnd.push(intent.until - systemClock.now() - LEASE_MS * 0.9);
      return answer;
    };
    const moving = await movingBucket({ writeThrough: true, leaseMs: LEASE_MS, onTarget, onShadow });
    const upload = (await Uploading.begin(moving.target, 'k')).by(moving.client);
    await upload.part(1, 'text');
    expect((await upload.complete()).status).toBe(200);
    expect(leftAtTheEnd).toEqual([expect.any(Number)]);
    expect(leftAtTheEnd[0]).toBeGreaterThan(LEASE_MS / 2);
    expect(await moving.shadow.text('k')).toBe('text');
  });
});

describe('a copy that takes longer than a lease', () => {
  it('prolongs its token meanwhile', async () => {
    const source = inTwoHalves();
    const onShadow: S3Filter = () => async () => ({ status: 200, headers: LENGTH, body: source.body });
    const moving = await movingBucket({ leaseMs: 3_000, onShadow });
    const copied = moving.bucket.migrate('k');
    const until = async () => (await moving.ledger.record('k')).copies[0]?.until ?? 0;
    await expect.poll(until).toBeGreaterThan(0);
    const first = await until();
    await expect.poll(until, { timeout: 10_000 }).toBeGreaterThan(first);
    source.go();
    expect(await copied).toMatchObject({ state: 'copied' });
  });
});

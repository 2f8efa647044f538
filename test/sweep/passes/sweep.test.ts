import { describe, expect, it } from 'vitest';
import { underPrefixes } from '../../../src/filters/under-prefixes.js';
import type { S3Filter, S3Request, S3Service } from '../../../src/s3/message.js';
import { systemClock } from '../../../src/system/clock.js';
import { movingBucket } from '../../shadow/moving.js';
import { BUCKET, sidesOf, sweeping } from './sweeping.js';

const fill = async (store: { put(key: string, body: string): Promise<unknown> }, keys: readonly string[]) => {
  for (const key of keys) await store.put(key, `of ${key}`);
};

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => `k${String(index).padStart(5, '0')}`);

describe('a sweep', () => {
  it('copies what remains, and nothing else', async () => {
    const moving = await movingBucket({ delete: 'target' });
    await fill(moving.shadow, numbered(100));
    await moving.client.put('k00007', 'newer');
    await moving.client.ask('DELETE', 'k00008');
    const sweep = await sweeping(moving);
    await sweep.start();
    sweep.work({ cuts: ['k0002', 'k00050'] });
    const { tally, total, isExact, done, pass } = await sweep.until('done');
    expect(tally.counts).toEqual({
      copied: { objects: 98, bytes: 98 * 9 },
      present: { objects: 1, bytes: 9 },
      deleted: { objects: 1, bytes: 9 },
    });
    expect([total.objects, isExact, done.objects]).toEqual([100, true, 100]);
    expect(pass).toMatchObject({ number: 1, finished: 3, plan: { ranges: 3 } });
    expect(await moving.target.text('k00007')).toBe('newer');
    expect(await moving.target.text('k00008')).toBeUndefined();
    expect((await moving.target.keys()).length).toBe(99);
  });

  it('copies what the shadow has under its prefix, and looks at nothing else of the target', async () => {
    const prefixes = { prefix: 'archive/', targetPrefix: 'old/2024/' };
    const moving = await movingBucket({ prefixes });
    await fill(moving.shadow, ['archive/a', 'archive/b', 'b', 'old/2024/c']);
    await fill(moving.target, ['archive/c', 'b', 'old/2024/b']);
    const { shadow, target, ledger } = sidesOf(moving);
    const listed: S3Request[] = [];
    const seen: S3Service = (request) => {
      listed.push(request);
      return target(request);
    };
    const sides = { ledger, prefix: 'old/2024/', shadow: underPrefixes(prefixes)(shadow), target: seen };
    const sweep = await sweeping(moving);
    await sweep.start();
    sweep.work({ sides });
    expect((await sweep.until('done')).tally.counts).toMatchObject({ copied: { objects: 1 } });
    expect(await moving.target.keys('prefix=old/')).toEqual(['old/2024/a', 'old/2024/b']);
    for (const { query } of listed) expect(query).toContainEqual(['prefix', 'old/2024/']);
  });

  it('goes on when an object fails, tells which and why, and copies it when it is tried again', async () => {
    let isBroken = true;
    const moving = await movingBucket({
      onShadow: (service) => async (request) =>
        isBroken && request.operation === 'GetObject' && request.key === 'bad'
          ? { status: 500, headers: {} }
          : service(request),
    });
    await fill(moving.shadow, ['a', 'bad', 'c']);
    const sweep = await sweeping(moving);
    await sweep.start();
    sweep.work();
    const { tally, kept } = await sweep.until('done');
    expect(tally.counts).toMatchObject({ copied: { objects: 2 }, failed: { objects: 1, bytes: 6 } });
    expect(kept).toBe(1);
    expect(await sweep.findings()).toEqual([
      {
        key: 'bad',
        what: 'failed',
        reason: expect.stringContaining('500'),
        bytes: 6,
        attempts: 3,
        at: expect.any(Number),
      },
    ]);

    expect(await sweep.control.retryFailed(BUCKET, 'sweep')).toBe(1);
    await sweep.until('done');
    expect(await sweep.findings()).toMatchObject([{ key: 'bad', attempts: 6 }]);

    isBroken = false;
    expect(await sweep.control.retryFailed(BUCKET, 'sweep')).toBe(1);
    const after = await sweep.until('done');
    expect(after.tally).toEqual({
      counts: { copied: { objects: 3, bytes: 4 + 6 + 4 }, failed: { objects: 0, bytes: 0 } },
      reasons: {},
    });
    expect([after.kept, await sweep.findings()]).toEqual([0, []]);
    expect(await sweep.control.retryFailed(BUCKET, 'sweep')).toBe(0);
  });

  it('tries single keys again side by side, and counts each once', async () => {
    const moving = await movingBucket();
    await fill(moving.shadow, ['a', 'b', 'c', 'd']);
    const held = new AbortController();
    let migrate: typeof moving.bucket.migrate = async () => ({ state: 'failed', reason: 'no' });
    const sweep = await sweeping(moving);
    const retry = (...keys: string[]) => sweep.control.retryFailed(BUCKET, 'sweep', keys);
    await sweep.start();
    sweep.work({ migrate: (key, hints) => migrate(key, hints) });
    await sweep.until('done');

    migrate = async (key, hints) => {
      await systemClock.sleep(60_000, held.signal).catch(() => undefined);
      return key === 'b' ? { state: 'failed', reason: 'still no' } : moving.bucket.migrate(key, hints);
    };
    expect(await retry('no such key')).toBe(0);
    const both = await Promise.all([retry('a'), retry('a'), retry('b'), retry('a', 'b')]);
    expect(both.reduce((sum, count) => sum + count)).toBe(2);
    expect(await sweep.control.retryFailed(BUCKET, 'sweep')).toBe(2);
    held.abort();
    const { tally, kept } = await sweep.until('done');
    expect(tally).toEqual({
      counts: { copied: { objects: 3, bytes: 12 }, failed: { objects: 1, bytes: 4 } },
      reasons: { 'failed still no': 1 },
    });
    expect([kept, await sweep.findings()]).toMatchObject([
      1,
      [{ key: 'b', reason: 'still no', attempts: 6 }],
    ]);
  });

  it('keeps what fails again, however often, with what was not tried', async () => {
    const moving = await movingBucket();
    await fill(moving.shadow, ['a', 'b']);
    const sweep = await sweeping(moving);
    await sweep.start();
    sweep.work({ migrate: async () => ({ state: 'failed', reason: 'no' }) });
    await sweep.until('done');
    for (const key of ['a', 'b', 'a', 'a', 'b']) {
      expect(await sweep.control.retryFailed(BUCKET, 'sweep', [key])).toBe(1);
      await sweep.until('done');
    }
    // Each time it is tried three times.
    const found = (await sweep.findings()).map(({ key, attempts }) => [key, attempts]);
    expect(found.sort()).toEqual([
      ['a', 12],
      ['b', 9],
    ]);
    expect((await sweep.progress()).tally.counts.failed).toEqual({ objects: 2, bytes: 8 });
  });

  it('leaves for later what a range has found that is still gone through', async () => {
    const moving = await movingBucket();
    await fill(moving.shadow, numbered(300));
    const held = new AbortController();
    const migrate = async (key: string) => {
      if (key >= 'k00200') await systemClock.sleep(60_000, held.signal).catch(() => undefined);
      return { state: 'failed', reason: 'no' } as const;
    };
    const sweep = await sweeping(moving);
    await sweep.start();
    sweep.work({ migrate });
    await expect.poll(async () => (await sweep.findings()).length, { timeout: 10_000 }).toBe(200);
    expect(await sweep.control.retryFailed(BUCKET, 'sweep')).toBe(0);
    held.abort();
    await sweep.until('done');
    expect(await sweep.control.retryFailed(BUCKET, 'sweep')).toBe(300);
  }, 30_000);

  it('keeps more failures than fit on a page, each once, and counts them exactly', async () => {
    const moving = await movingBucket();
    await fill(moving.shadow, numbered(450));
    const sweep = await sweeping(moving);
    await sweep.start();
    sweep.work({ migrate: async () => ({ state: 'failed', reason: 'no' }) });
    const { tally, kept } = await sweep.until('done');
    expect([tally.counts.failed?.objects, tally.reasons, kept]).toEqual([450, { 'failed no': 450 }, 450]);
    expect((await sweep.findings()).map(({ key }) => key).sort()).toEqual(numbered(450));
  }, 30_000);

  it('that is paused begins nothing, lets end what it began, and goes on where it was', async () => {
    const moving = await movingBucket();
    await fill(moving.shadow, numbered(400));
    const [begun, ended] = [[] as string[], [] as string[]];
    const migrate = async (key: string) => {
      begun.push(key);
      await systemClock.sleep(30);
      const outcome = await moving.bucket.migrate(key);
      ended.push(key);
      return outcome;
    };
    const sweep = await sweeping(moving);
    await sweep.start();
    sweep.work({ migrate });
    await expect.poll(() => begun.length).toBeGreaterThan(0);
    await sweep.control.pause(BUCKET, 'sweep');
    await expect.poll(async () => (await sweep.progress()).workers).toEqual([]);
    await systemClock.sleep(100);
    const before = begun.length;
    expect([before < 400, ended.length]).toEqual([true, before]);
    expect((await sweep.progress()).pass.state).toBe('paused');
    await sweep.control.resume(BUCKET, 'sweep');
    expect((await sweep.until('done')).tally.counts.copied?.objects).toBe(400);
    expect(new Set(begun).size).toBe(begun.length);
  }, 30_000);

  it('that is begun again with other settings goes on by these', async () => {
    const moving = await movingBucket();
    await fill(moving.shadow, numbered(3));
    await fill(moving.target, numbered(3));
    let onDrift: string | undefined;
    const sweep = await sweeping(moving);
    await sweep.start();
    sweep.work({
      opened({ settings }) {
        onDrift = settings.onDrift;
      },
      async judgeBoth({ key }, signal) {
        if (onDrift === 'report') await systemClock.sleep(60_000, signal);
        return { key, outcome: 'renewed', bytes: 1 };
      },
    });
    await expect.poll(() => onDrift).toBe('report');
    await sweep.start({ onDrift: 'source-wins' });
    expect((await sweep.until('done')).tally.counts).toEqual({ renewed: { objects: 3, bytes: 3 } });
  });

  it('that is stopped is over, and the next one copies what it left', async () => {
    const moving = await movingBucket();
    await fill(moving.shadow, numbered(300));
    let begun = 0;
    const held = new AbortController();
    const holding = async (key: string) => {
      begun += 1;
      await systemClock.sleep(60_000, held.signal).catch(() => undefined);
      return moving.bucket.migrate(key);
    };
    const sweep = await sweeping(moving);
    await sweep.start();
    const engine = sweep.work({ migrate: holding });
    await expect.poll(() => begun).toBe(256);
    await sweep.control.stop(BUCKET, 'sweep');
    const closed = engine.close();
    held.abort();
    await closed;
    const left = 300 - (await moving.target.keys()).length;
    expect(left).toBe(44);
    await expect(sweep.control.resume(BUCKET, 'sweep')).rejects.toThrow('the sweep of "photos" is stopped');
    await sweep.start();
    sweep.work();
    const { tally, pass } = await sweep.until('done');
    expect(pass.number).toBe(2);
    expect(tally.counts).toMatchObject({ copied: { objects: left }, present: { objects: 300 - left } });
  }, 30_000);

  it('that dies in the middle is gone on with by another, which copies nothing twice and counts every key once', async () => {
    const moving = await movingBucket();
    await fill(moving.shadow, numbered(600));
    const copied: string[] = [];
    const migrate = async (key: string, hints?: object) => {
      if (copied.length === 350) await new Promise(() => undefined);
      copied.push(key);
      return moving.bucket.migrate(key, hints);
    };
    const sweep = await sweeping(moving);
    await sweep.start();
    const dead = sweep.work({ migrate, cuts: ['k00300'] });
    const patience = { timeout: 10_000 };
    await expect.poll(() => copied.length, patience).toBe(350);
    await expect.poll(async () => (await sweep.progress()).done.objects, patience).toBe(350);
    dead.die();
    sweep.work({ cuts: ['k00300'] });
    sweep.lapse();
    const { tally } = await sweep.until('done');
    expect(tally.counts).toEqual({ copied: { objects: 600, bytes: 600 * 9 } });
    expect((await moving.target.keys()).length).toBe(600);
  }, 30_000);

  it('is worked on by several at once, each key by one', async () => {
    const moving = await movingBucket();
    await fill(moving.shadow, numbered(400));
    const byWhom = new Map<string, number>();
    const sweep = await sweeping(moving);
    const cuts = ['k00050', 'k00100', 'k00150', 'k00200', 'k00250', 'k00300', 'k00350'];
    for (const who of [1, 2, 3])
      sweep.work({
        cuts,
        migrate: async (key) => {
          expect(byWhom.has(key)).toBe(false);
          byWhom.set(key, who);
          await systemClock.sleep(5);
          return moving.bucket.migrate(key);
        },
      });
    await sweep.start();
    expect((await sweep.until('done')).tally.counts).toEqual({ copied: { objects: 400, bytes: 3600 } });
    expect(new Set(byWhom.values()).size).toBeGreaterThan(1);
  }, 30_000);

  it('gives back what a range has beyond half as much again as it was thought to have', async () => {
    const moving = await movingBucket();
    const keys = numbered(12_100);
    await Promise.all([fill(moving.shadow, keys.slice(0, 6_000)), fill(moving.shadow, keys.slice(6_000))]);
    const sweep = await sweeping(moving);
    const cuts: unknown[] = [];
    await sweep.start();
    sweep.work({
      planned: 8_000,
      migrate: async () => ({ state: 'copied', bytes: 1 }),
      split: async ({ after, upTo }, rangeObjects) => {
        cuts.push({ after, rangeObjects });
        return [
          { after, upTo: 'k12050' },
          { after: 'k12050', upTo },
        ];
      },
    });
    const { tally, pass } = await sweep.until('done');
    expect([tally.counts.copied?.objects, pass.finished, pass.plan.ranges]).toEqual([12_100, 3, 3]);
    expect(cuts).toEqual([{ after: keys[11_999], rangeObjects: 8_000 }]);
  }, 60_000);

  it('tries a listing again that a store refuses, and says why it waits', async () => {
    const moving = await movingBucket();
    await fill(moving.shadow, ['a']);
    const sides = sidesOf(moving);
    let refusals = 2;
    const refusing: S3Filter = (service) => async (request) =>
      request.operation === 'ListObjectsV2' && refusals-- > 0
        ? { status: 503, headers: {} }
        : service(request);
    const sweep = await sweeping(moving);
    await sweep.start();
    sweep.work({ sides: { ...sides, shadow: refusing(sides.shadow) } });
    await expect
      .poll(async () => (await sweep.progress()).pass.lastError)
      .toBe('the store answered 503 to a listing');
    const { tally, pass } = await sweep.until('done');
    expect([tally.counts.copied?.objects, pass.lastError]).toEqual([1, undefined]);
  }, 30_000);

  it('with catching up follows itself until nothing is left to copy', async () => {
    const moving = await movingBucket();
    await fill(moving.shadow, ['a', 'b']);
    let isLate = true;
    const migrate: typeof moving.bucket.migrate = async (key, hints) => {
      if (isLate) await moving.shadow.put('0-late', 'by a legacy writer, behind the cursor');
      isLate = false;
      return moving.bucket.migrate(key, hints);
    };
    const sweep = await sweeping(moving);
    await sweep.start({ catchUp: true });
    sweep.work({ migrate });
    await expect.poll(async () => (await sweep.progress()).pass.number, { timeout: 10_000 }).toBe(3);
    expect((await sweep.until('done')).tally.counts).toEqual({
      present: { objects: 3, bytes: expect.any(Number) },
    });
    expect(await moving.target.keys()).toEqual(['0-late', 'a', 'b']);
  }, 30_000);
});

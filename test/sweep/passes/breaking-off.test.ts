import { describe, expect, it } from 'vitest';
import type { S3Service } from '../../../src/s3/message.js';
import { KvUnavailable } from '../../../src/state/kv.js';
import { systemClock } from '../../../src/system/clock.js';
import { movingBucket } from '../../shadow/moving.js';
import { BUCKET, sidesOf, sweeping } from './sweeping.js';

describe('a sweep of which something breaks off', () => {
  it('is not done before each key has come to an end', async () => {
    const moving = await movingBucket();
    for (const key of ['a', 'b', 'c']) await moving.shadow.put(key, `of ${key}`);
    let tries = 0;
    const sweep = await sweeping(moving);
    await sweep.start();
    sweep.work({
      async migrate(key, options) {
        if (key === 'b' && ++tries === 1) throw new KvUnavailable('where the bucket stands is not known');
        return moving.bucket.migrate(key, options);
      },
    });
    const { tally } = await sweep.until('done');
    expect(tally.counts).toEqual({ copied: { objects: 3, bytes: 12 } });
    expect(await moving.target.keys()).toEqual(['a', 'b', 'c']);
  });

  it('judges anew what it was judging when it was paused', async () => {
    const moving = await movingBucket();
    for (const key of ['a', 'b', 'c']) await moving.shadow.put(key, `of ${key}`);
    await moving.target.put('b', 'a copy');
    let judged = 0;
    const sweep = await sweeping(moving);
    await sweep.start();
    sweep.work({
      async judgeBoth({ key, source, target }, signal) {
        judged += 1;
        if (judged === 1) await systemClock.sleep(60_000, signal);
        return { key, outcome: 'drifted', bytes: source?.size ?? 0, reason: `over ${target?.size}` };
      },
    });
    await expect.poll(() => judged).toBe(1);
    await expect.poll(() => moving.target.keys()).toEqual(['a', 'b', 'c']);
    await sweep.control.pause(BUCKET, 'sweep');
    await expect.poll(async () => (await sweep.progress()).workers).toEqual([]);
    await sweep.control.resume(BUCKET, 'sweep');
    expect((await sweep.until('done')).tally).toEqual({
      counts: { copied: { objects: 2, bytes: 8 }, drifted: { objects: 1, bytes: 4 } },
      reasons: { 'drifted over 6': 1 },
    });
  });

  it('lets others have a range that it met with a mistake of the program', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('a', 'of a');
    let met = 0;
    const mistaken: S3Service = async () => {
      met += 1;
      throw new TypeError('a mistake');
    };
    const sweep = await sweeping(moving);
    await sweep.start();
    const broken = sweep.work({ sides: { ...sidesOf(moving), shadow: mistaken } });
    await expect.poll(() => met).toBe(1);
    await broken.close();
    sweep.lapse();
    // Long enough for one who still had the range to say so.
    await systemClock.sleep(100);
    sweep.work();
    expect((await sweep.until('done')).tally.counts).toEqual({ copied: { objects: 1, bytes: 4 } });
  });
});

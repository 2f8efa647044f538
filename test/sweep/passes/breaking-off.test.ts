import { describe, expect, it } from 'vitest';
import type { S3Service } from '../../../src/s3/message.js';
import { KvUnavailable } from '../../../src/state/kv.js';
import { movingBucket } from '../../shadow/moving.js';
import { sidesOf, sweeping } from './sweeping.js';

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
    sweep.work();
    expect((await sweep.until('done')).tally.counts).toEqual({ copied: { objects: 1, bytes: 4 } });
  });
});

import { describe, expect, it } from 'vitest';
import type { S3Request } from '../../src/s3/message.js';
import { survey } from '../../src/sweep/survey.js';
import { systemClock } from '../../src/system/clock.js';
import { movingBucket } from '../shadow/moving.js';
import { sidesOf } from './passes/sweeping.js';

const untilAborted = ({ signal }: S3Request) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

describe('a survey', () => {
  it('counts objects and bytes, and names what remains', async () => {
    const moving = await movingBucket();
    for (const key of ['a', 'b', 'c']) await moving.shadow.put(key, 'xxxx');
    await moving.target.put('b', 'xxxx');
    await moving.target.put('elsewhere', 'not counted: the shadow never had it');
    expect(await survey(sidesOf(moving), { deadlineMs: 10_000, clock: systemClock })).toEqual({
      objectsTotal: 3,
      objectsDone: 1,
      bytesTotal: 12,
      bytesDone: 4,
      remaining: 2,
      firstRemaining: ['a', 'c'],
      drifted: 0,
      firstDrifted: [],
      exact: true,
    });
  });

  it('that runs out of time says that it is not exact', async () => {
    const moving = await movingBucket();
    await moving.shadow.put('a', 'x');
    expect((await survey(sidesOf(moving), { deadlineMs: -1, clock: systemClock })).exact).toBe(false);
  });

  it('ends in time although a store does not answer', async () => {
    const moving = await movingBucket();
    const found = await survey(
      { ...sidesOf(moving), shadow: untilAborted },
      { deadlineMs: 30, clock: systemClock },
    );
    expect(found).toMatchObject({ exact: false, remaining: 0 });
    expect(found.problem).toBeUndefined();
  });

  it('says what kept it from counting', async () => {
    const moving = await movingBucket();
    const sides = { ...sidesOf(moving), shadow: async () => ({ status: 403, headers: {} }) };
    expect(await survey(sides, { deadlineMs: 10_000, clock: systemClock })).toMatchObject({
      exact: false,
      problem: 'the store answered 403 to a listing',
    });
  });
});

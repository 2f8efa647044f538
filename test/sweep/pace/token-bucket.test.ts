import { setMaxListeners } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../src/sweep/pace/token-bucket.js';
import { ManualClock } from '../../support/manual-clock.js';
import { settled } from './settled.js';

const never = new AbortController().signal;
setMaxListeners(0, never);
let clock: ManualClock;
let bucket: TokenBucket;

beforeEach(() => {
  clock = new ManualClock();
  bucket = new TokenBucket(clock);
});

/** Takes `times` times, and tells at how many milliseconds from now each was served. */
function taken(amount: number, times: number): number[] {
  const began = clock.now();
  const served: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const wait = bucket.take(amount, never);
    if (wait === undefined) served.push(0);
    else void wait.then(() => served.push(clock.now() - began));
  }
  return served;
}

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1) {
    clock.advance(1);
    await settled();
  }
}

describe('a token bucket', () => {
  it('lets all pass at once while there is no limit', () => {
    expect(taken(1_000_000, 3)).toEqual([0, 0, 0]);
  });

  it('serves those who wait in turn, at the rate that was set', async () => {
    bucket.setRate(100);
    const served = taken(10, 12);
    await pass(1_000);
    expect(served).toEqual([0, 1, 101, 201, 301, 401, 501, 601, 701, 801, 901]);
  });

  it('gives nobody more than a tenth of a second of what was not used', async () => {
    bucket.setRate(100);
    await pass(5_000);
    expect(taken(1, 50)).toHaveLength(10);
  });

  it('goes by a new rate at once, also for those who wait', async () => {
    bucket.setRate(1);
    const served = taken(5, 3);
    await pass(100);
    expect(served).toEqual([0]);
    bucket.setRate(1_000);
    await pass(100);
    expect(served).toHaveLength(3);
    bucket.setRate(1);
    const others = taken(1, 3);
    await pass(10);
    bucket.setRate(Number.POSITIVE_INFINITY);
    await settled();
    expect(others).toHaveLength(3);
  });

  it('holds nobody up for more than ten seconds, and counts what passed nevertheless', async () => {
    bucket.setRate(1);
    bucket.charge(1_000);
    const served = taken(1, 2);
    clock.advance(9_999);
    await settled();
    expect(served).toEqual([]);
    clock.advance(1);
    await settled();
    expect(served).toEqual([10_000, 10_000]);
    expect(bucket.hasSome()).toBe(false);
    clock.advance(985_000);
    expect(bucket.hasSome()).toBe(false);
    clock.advance(10_000);
    expect(bucket.hasSome()).toBe(true);
  });

  it('holds nobody up for more than ten seconds by a rate of nothing', async () => {
    bucket.setRate(0);
    const served = taken(1, 2);
    await settled();
    expect(served).toEqual([0]);
    clock.advance(10_000);
    await settled();
    expect(served).toEqual([0, 10_000]);
  });

  it('forgets who leaves, and tells him why', async () => {
    bucket.setRate(10);
    const leaving = new AbortController();
    bucket.charge(11);
    const left = bucket.take(1_000, leaving.signal);
    const served = taken(1, 1);
    leaving.abort(new Error('paused'));
    await expect(left).rejects.toThrow('paused');
    await pass(1_100);
    expect(served).toHaveLength(1);
    await expect(bucket.take(1_000, leaving.signal) ?? bucket.take(1, leaving.signal)).rejects.toThrow(
      'paused',
    );
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import type { OperationName } from '../../../src/s3/operations.js';
import { AdaptiveLimit } from '../../../src/sweep/pace/adaptive-limit.js';
import { ManualClock } from '../../support/manual-clock.js';

let clock: ManualClock;
let limit: AdaptiveLimit;

beforeEach(() => {
  clock = new ManualClock();
  limit = new AdaptiveLimit(clock);
});

/** So many answers after `ms` milliseconds each, with the limit made use of unless it is said otherwise. */
function answers(
  count: number,
  ms: number,
  { operation = 'GetObject' as OperationName, underWay = 128 } = {},
) {
  for (let i = 0; i < count; i += 1) limit.answered({ operation, ms, underWay });
}

describe('how many objects a store bears', () => {
  it('begins with few, and is twice as many after each round of answers while latency holds', () => {
    expect(limit.now).toBe(4);
    answers(4, 10);
    expect(limit.now).toBe(8);
    answers(24, 10);
    expect(limit.now).toBe(32);
    answers(32, 10);
    expect(limit.now).toBe(64);
  });

  it('is one more after each round from the first answer on that came too late', () => {
    answers(4, 10);
    answers(1, 1_000);
    answers(1, 10);
    const { now } = limit;
    answers(now + 1, 10);
    expect(limit.now).toBe(now + 1);
  });

  it('is one more after each round from the first refusal on', () => {
    answers(8, 10);
    limit.refused(limit.sent());
    expect(limit.now).toBe(6);
    answers(7, 10);
    expect(limit.now).toBe(7);
  });

  it('is never more than 128', () => {
    answers(20_000, 10);
    expect(limit.now).toBe(128);
  });

  it('does not grow while half of it is not made use of', () => {
    answers(1_000, 10, { underWay: 1 });
    expect(limit.now).toBe(4);
  });

  it('does not grow while answers take more than twice as long as at best, but for 20 ms', () => {
    answers(10, 50);
    answers(500, 119);
    const grown = limit.now;
    expect(grown).toBeGreaterThan(10);
    answers(50, 1_000);
    expect(limit.now).toBeLessThan(grown);
    answers(1_000, 1_000);
    expect(limit.now).toBe(1);
  });

  it('grows again when the store is as fast as before', () => {
    answers(10, 50);
    answers(1_000, 1_000);
    answers(400, 50);
    expect(limit.now).toBeGreaterThan(10);
  });

  it('takes for the best what was so within the last two minutes', () => {
    answers(10, 10);
    clock.advance(60_000);
    answers(100, 500);
    expect(limit.now).toBe(1);
    for (let minute = 0; minute < 3; minute += 1) {
      clock.advance(60_000);
      answers(1, 500);
    }
    const before = limit.now;
    answers(100, 500);
    expect(limit.now).toBeGreaterThan(before);
  });

  it('goes by each operation for itself, and not by those that take as long as they are large', () => {
    answers(10, 1, { operation: 'HeadObject' });
    answers(100, 200, { operation: 'PutObject' });
    expect(limit.now).toBeGreaterThan(10);
    const before = limit.now;
    answers(1, 1, { operation: 'CompleteMultipartUpload' });
    answers(500, 60_000, { operation: 'CompleteMultipartUpload' });
    expect(limit.now).toBeGreaterThan(before);
  });

  it('is halved when the store refuses, down to one', () => {
    answers(2_000, 10);
    const full = limit.now;
    limit.refused(limit.sent());
    expect(limit.now).toBe(Math.floor(full / 2));
    for (let i = 0; i < 10; i += 1) limit.refused(limit.sent());
    expect(limit.now).toBe(1);
  });

  it('is halved once by all refusals of requests that were under way together', () => {
    answers(2_000, 10);
    const full = limit.now;
    const requests = Array.from({ length: 30 }, () => limit.sent());
    for (const request of requests) limit.refused(request);
    expect(limit.now).toBe(Math.floor(full / 2));
    limit.refused(limit.sent());
    expect(limit.now).toBe(Math.floor(full / 4));
  });

  it('leaves the store alone for as long as it asks, the longest of all that it said', () => {
    const [first, second] = [limit.sent(), limit.sent()];
    limit.refused(first, 5_000);
    limit.refused(second, 2_000);
    expect(limit.heldFor).toBe(5_000);
    clock.advance(4_999);
    expect(limit.heldFor).toBe(1);
    clock.advance(1);
    expect(limit.heldFor).toBe(0);
  });

  it('leaves a store alone for a second that refuses even one object at a time', () => {
    limit.refused(limit.sent());
    expect(limit.heldFor).toBe(0);
    limit.refused(limit.sent());
    expect(limit.now).toBe(1);
    limit.refused(limit.sent());
    expect(limit.heldFor).toBe(1_000);
  });
});

import { expect, it } from 'vitest';
import type { HistoryPoint } from '../../../src/console/api/buckets.js';
import { ratesBetween, shareOfTarget } from '../../../src/console/bucket/rates-between.js';

const NONE = { target: 0, shadow: 0, none: 0 };

const point = (at: number, swept: number, read: number, rest: Partial<HistoryPoint> = {}): HistoryPoint => ({
  at: new Date(at).toISOString(),
  run: 'one',
  sweep: { objects: swept, bytes: swept * 1e6 },
  reads: { objects: read, bytes: read * 1e6 },
  served: NONE,
  ...rest,
});

it('is what came over between two looks, by the second', () => {
  expect(ratesBetween(point(0, 100, 10), point(5_000, 150, 20))).toMatchObject({
    'Sweep objects': 10,
    'Sweep MB': 10,
    'Read objects': 2,
    'Read MB': 2,
  });
});

it('is of a longer time where a look is missing', () => {
  expect(ratesBetween(point(0, 100, 10), point(20_000, 140, 10))['Sweep objects']).toBe(2);
});

it('counts all of a sweep that has begun since', () => {
  expect(ratesBetween(point(0, 100, 0), point(5_000, 20, 0, { run: 'two' }))['Sweep objects']).toBe(4);
});

it('is never below nothing, though what was counted is forgotten', () => {
  expect(ratesBetween(point(0, 100, 50), point(5_000, 0, 0))).toMatchObject({
    'Sweep objects': 0,
    'Read objects': 0,
  });
});

it('has the share of what the target served of the reads that found something', () => {
  const served = { target: 2, shadow: 1, none: 7 };
  const rates = ratesBetween(point(0, 0, 0), point(5_000, 0, 0, { served }));
  expect(rates['Served by the target']).toBe(66.7);
  expect(shareOfTarget([{ served }, { served: { target: 1, shadow: 0, none: 0 } }])).toBe(75);
  expect(shareOfTarget([{ served: { ...NONE, none: 3 } }])).toBeNull();
});

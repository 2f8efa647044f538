import { expect, it } from 'vitest';
import { isSampled } from '../../../src/sweep/compare/sampled.js';

const KEYS = Array.from({ length: 20_000 }, (_, index) => `photos/${index}.jpg`);

const sample = (share: number) => KEYS.filter((key) => isSampled(key, share));

it('a share of the keys is sampled, and always the same ones', () => {
  expect(sample(0.01).length).toBeGreaterThan(140);
  expect(sample(0.01).length).toBeLessThan(260);
  expect(sample(0.01)).toEqual(sample(0.01));
  expect(sample(0.01).slice(0, 2)).toEqual(['photos/15.jpg', 'photos/44.jpg']);
});

it('a smaller sample is part of a larger one, and all is all', () => {
  const larger = new Set(sample(0.1));
  expect(sample(0.01).every((key) => larger.has(key))).toBe(true);
  expect(sample(1)).toEqual(KEYS);
});

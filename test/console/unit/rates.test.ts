import { expect, it } from 'vitest';
import { type Look, ratesBetween } from '../../../src/console/bucket/rates-between.js';

const look = (at: number, swept: number, read: number, run = 'one'): Look => ({
  at,
  run,
  swept: { objects: swept, bytes: swept * 1e6 },
  read: { objects: read, bytes: read * 1e6 },
});

it('is what came over between two looks, by the second', () => {
  expect(ratesBetween(look(0, 100, 10), look(5_000, 150, 20))).toMatchObject({
    'Sweep objects': 10,
    'Sweep MB': 10,
    'Read objects': 2,
    'Read MB': 2,
  });
});

it('counts all of a sweep that has begun since', () => {
  expect(ratesBetween(look(0, 100, 0), look(5_000, 20, 0, 'two'))['Sweep objects']).toBe(4);
});

it('is never below nothing, though what was counted is forgotten', () => {
  expect(ratesBetween(look(0, 100, 50), look(5_000, 0, 0))).toMatchObject({
    'Sweep objects': 0,
    'Read objects': 0,
  });
});

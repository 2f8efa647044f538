import { expect, it } from 'vitest';
import { parseRetryAfter } from '../../../src/sweep/pace/retry-after.js';

const NOW = Date.parse('2026-01-01T12:00:00.500Z');

it.each([
  ['0', 0],
  ['7', 7_000],
  [' 7 ', 7_000],
  ['60', 60_000],
  ['3600', 60_000],
  ['99999999999999999999', 60_000],
  ['Thu, 01 Jan 2026 12:00:20 GMT', 19_500],
  ['Thursday, 01-Jan-26 12:00:20 GMT', 19_500],
  ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
  ['Fri, 02 Jan 2026 12:00:00 GMT', 60_000],
])('Retry-After: %s asks for %i ms, a minute at most', (value, ms) => {
  expect(parseRetryAfter(value, NOW)).toBe(ms);
});

it.each(['', 'soon', '-1', '1.5', '2026-01-01T12:00:20Z', 'Thu, 99 Jan 2026 12:00:20 GMT'])(
  'Retry-After: %s asks for nothing',
  (value) => {
    expect(parseRetryAfter(value, NOW)).toBeUndefined();
  },
);

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatContentRange, parseRange } from '../../src/s3/ranges.js';

it.each([
  ['bytes=0-4', { start: 0, end: 4 }],
  ['bytes=0-', { start: 0, end: 9 }],
  ['bytes=9-9', { start: 9, end: 9 }],
  ['bytes=9-99', { start: 9, end: 9 }],
  ['bytes=-1', { start: 9, end: 9 }],
  ['bytes=-99', { start: 0, end: 9 }],
  ['BYTES=1-2', { start: 1, end: 2 }],
  ['bytes=10-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=3-2', undefined],
  ['bytes=-', undefined],
  ['bytes=0-1,3-4', undefined],
  ['items=0-1', undefined],
  ['', undefined],
  [undefined, undefined],
] as const)('reads %s of ten bytes as %o', (header, expected) => {
  expect(parseRange(header, 10)).toEqual(expected);
});

it('finds no range satisfiable in an empty object', () => {
  expect(parseRange('bytes=0-0', 0)).toBe('unsatisfiable');
  expect(parseRange('bytes=-1', 0)).toBe('unsatisfiable');
});

it('cuts what Array.slice would cut', () => {
  const bytes = fc.array(fc.integer(), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(bytes, fc.nat(25), fc.nat(25), (all, start, length) => {
      const range = parseRange(`bytes=${start}-${start + length}`, all.length);
      const expected = all.slice(start, start + length + 1);
      if (range === 'unsatisfiable') expect(expected).toEqual([]);
      else expect(range && all.slice(range.start, range.end + 1)).toEqual(expected);
    }),
  );
});

it('writes a Content-Range', () => {
  expect(formatContentRange({ start: 2, end: 5 }, 10)).toBe('bytes 2-5/10');
});

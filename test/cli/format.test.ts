import { describe, expect, it } from 'vitest';
import { formatBytes, formatMany, formatPercent, formatTable } from '../../src/cli/format.js';

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [9_940, '9.9 kB'],
    [123_456, '123 kB'],
    [4_800_000_000, '4.8 GB'],
    [2 ** 53, '9.0 PB'],
  ])('%d is %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe('formatMany', () => {
  it.each([
    [0, '0 deletes'],
    [1, '1 delete'],
    [12_345, '12,345 deletes'],
  ])('%d is %s', (count, text) => expect(formatMany(count, 'delete')).toBe(text));
});

describe('formatPercent', () => {
  it('says 100 only when all is done', () => expect(formatPercent(9_999, 10_000)).toBe('99 %'));
  it('says 100 of nothing', () => expect(formatPercent(0, 0)).toBe('100 %'));
});

describe('formatTable', () => {
  it('makes columns as wide as their widest cell, without spaces at the end', () => {
    expect(
      formatTable([
        ['NAME', 'ORG'],
        ['photographs', '-'],
      ]),
    ).toEqual(['NAME         ORG', 'photographs  -']);
  });
});

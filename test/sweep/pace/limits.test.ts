import { describe, expect, it } from 'vitest';
import { parseBandwidth, parseRequests, readLimits } from '../../../src/sweep/pace/limits.js';

describe('a limit of bandwidth', () => {
  it.each([
    ['100000B', 100_000],
    ['100kB', 100_000],
    ['50MB', 50_000_000],
    ['1.5GB', 1_500_000_000],
    ['128KiB', 131_072],
    ['50 MiB', 52_428_800],
    ['2GiB', 2_147_483_648],
  ])('%s is %i bytes per second', (text, bytes) => {
    expect(parseBandwidth(text)).toBe(bytes);
  });

  it.each([
    '',
    '50',
    'MB',
    '50mb',
    '50Mb',
    '50MB/s',
    '-50MB',
    '50,5MB',
    '1e3MB',
    '99kB',
    '0B',
    'off',
    '9999999999GB',
    '50 parsecs',
  ])('"%s" is none', (text) => {
    expect(parseBandwidth(text)).toBeUndefined();
  });
});

describe('a limit of requests', () => {
  it.each(['1', '200', '1000000'])('%s is one', (text) => {
    expect(parseRequests(text)).toBe(Number(text));
  });

  it.each(['', '0', '-1', '1.5', '1000001', '2e2', '0x10', ' 5', 'off'])('"%s" is none', (text) => {
    expect(parseRequests(text)).toBeUndefined();
  });
});

describe('limits that were stored', () => {
  it('are read with their window', () => {
    expect(readLimits({})).toEqual({});
    expect(readLimits({ maxRequests: 5, window: '22:00-06:00' })).toEqual({
      maxRequests: 5,
      window: { from: 1_320, to: 360 },
    });
  });

  it('are refused where the time zone is not known, for the window would never be kept to', () => {
    expect(() => readLimits({ window: '22:00-06:00 Moon/Base' })).toThrow(
      'window: "22:00-06:00 Moon/Base" must be two times of day',
    );
  });
});

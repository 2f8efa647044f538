import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { limitsOf, passLimitFields } from '../../../src/gateway/admin/pass-limits.js';

const body = z.strictObject(passLimitFields);

const problemOf = (input: unknown): string | undefined => body.safeParse(input).error?.issues[0]?.message;

describe('limits of a pass in a body of the admin API', () => {
  it.each([
    [{ max_bandwidth: '50MB' }, { maxBandwidth: 50_000_000 }],
    [{ max_bandwidth: 1_048_576 }, { maxBandwidth: 1_048_576 }],
    [{ max_requests: 200 }, { maxRequests: 200 }],
    [{ max_requests: '200' }, { maxRequests: 200 }],
    [{ window: '9:00-0:00 Europe/Berlin' }, { window: '09:00-24:00 Europe/Berlin' }],
    [{}, {}],
  ])('%o is stored as %o', (input, limits) => {
    expect(limitsOf(body.parse(input))).toStrictEqual(limits);
  });

  it('are lifted by "off"', () => {
    const input = { max_bandwidth: 'off', max_requests: 'off', window: 'off' };
    expect(limitsOf(body.parse(input))).toStrictEqual({
      maxBandwidth: undefined,
      maxRequests: undefined,
      window: undefined,
    });
  });

  it('say what is wrong, and what is allowed', () => {
    expect(problemOf({ max_bandwidth: '50 parsecs' })).toBe(
      '"50 parsecs" must be bytes per second, at least 100kB, in B, kB, MB, GB, KiB, MiB or GiB, such as "50MB", or "off"',
    );
    expect(problemOf({ max_requests: 0 })).toBe(
      '0 must be a whole number of requests per second from 1 to 1000000, or "off"',
    );
    expect(problemOf({ window: 22 })).toContain('22 must be two times of day such as "22:00-06:00"');
    expect(problemOf({ max_bandwidth: null })).toContain('null must be bytes per second');
  });
});

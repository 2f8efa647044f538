import { describe, expect, it } from 'vitest';
import { readPaceFlags } from '../../src/cli/pace-flags.js';

describe('the flags for how fast a sweep goes', () => {
  it('are passed on as they were given, and left out where they were not', () => {
    expect(readPaceFlags({ maxBandwidth: '50MB', window: 'off' })).toEqual({
      max_bandwidth: '50MB',
      max_requests: undefined,
      window: 'off',
    });
  });

  it.each([
    [{ maxBandwidth: '50mb' }, /^--max-bandwidth "50mb" must be bytes per second, .*, or "off"$/],
    [{ maxRequests: 'many' }, /^--max-requests "many" must be a whole number of requests .*, or "off"$/],
    [{ window: '22-6' }, /^--window "22-6" must be two times of day .*, or "off"$/],
  ])('%o is a wrong usage', (flags, message) => {
    expect(() => readPaceFlags(flags)).toThrow(message);
  });
});

import { z } from '@hono/zod-openapi';
import { OFF, SETTABLE } from '../../sweep/pace/limits.js';
import { mustBe } from '../rules.js';

/** Text, as on the command line, or a number: bytes, or requests, per second. */
function limit<T>({ parse, rule }: { parse: (text: string) => T | undefined; rule: string }, unit = '') {
  return z.union([z.string(), z.number()], mustBe(rule)).transform((value, context) => {
    const parsed = value === OFF ? null : parse(typeof value === 'number' ? `${value}${unit}` : value);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', input: value, message: mustBe(rule).error({ input: value }) });
    return z.NEVER;
  });
}

/** Fields of a body that sets how fast a pass goes; null then is no limit, and what is left out stays as it is. */
export const passLimitFields = {
  max_bandwidth: limit(SETTABLE.maxBandwidth, 'B')
    .optional()
    .openapi({ description: 'per second, all gateways together' }),
  max_requests: limit(SETTABLE.maxRequests)
    .optional()
    .openapi({ description: 'per second to both stores, all gateways together' }),
  window: limit(SETTABLE.window).optional().openapi({ description: 'when objects are begun' }),
};

const passLimits = z.object(passLimitFields);

/** What is set, as the record of a pass has it: undefined lifts a limit, what is not there stays. */
export function limitsOf({ max_bandwidth, max_requests, window }: z.infer<typeof passLimits>) {
  return {
    ...(max_bandwidth !== undefined && { maxBandwidth: max_bandwidth ?? undefined }),
    ...(max_requests !== undefined && { maxRequests: max_requests ?? undefined }),
    ...(window !== undefined && { window: window ?? undefined }),
  };
}

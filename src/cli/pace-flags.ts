import type { Command } from 'commander';
import { OFF, SETTABLE } from '../sweep/pace/limits.js';
import { UsageError } from './failure.js';

export interface PaceFlags {
  readonly maxBandwidth?: string;
  readonly maxRequests?: string;
  readonly window?: string;
}

/** What the admin API takes for them; what is undefined stays as it is. */
export interface PaceBody {
  readonly max_bandwidth: string | undefined;
  readonly max_requests: string | undefined;
  readonly window: string | undefined;
}

export const addPaceFlags = (command: Command): Command =>
  command
    .option('--max-bandwidth <rate>', 'bytes per second from the shadow, such as 50MB, or off')
    .option('--max-requests <number>', 'requests per second to both stores, or off')
    .option('--window <times>', 'when objects are begun, such as 22:00-06:00, or off');

/** @throws UsageError naming the flag, its value and what is allowed */
export function readPaceFlags({ maxBandwidth, maxRequests, window }: PaceFlags): PaceBody {
  return {
    max_bandwidth: checked('--max-bandwidth', maxBandwidth, SETTABLE.maxBandwidth),
    max_requests: checked('--max-requests', maxRequests, SETTABLE.maxRequests),
    window: checked('--window', window, SETTABLE.window),
  };
}

function checked(
  flag: string,
  value: string | undefined,
  { parse, rule }: { readonly parse: (text: string) => unknown; readonly rule: string },
): string | undefined {
  if (value === undefined || value === OFF || parse(value) !== undefined) return value;
  throw new UsageError(`${flag} ${JSON.stringify(value)} must be ${rule}`);
}

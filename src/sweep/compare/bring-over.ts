import { BackendUnavailable } from '../../backends/backend.js';
import { S3Error } from '../../s3/errors.js';
import type { ReplaceOutcome } from '../../shadow/copying/replace.js';
import type { Clock } from '../../system/clock.js';
import type { Drift } from './drift.js';

export interface BringOverOptions {
  /** Of the bucket as it is served now; asked for anew at each attempt. */
  replace(key: string, etag: string): Promise<ReplaceOutcome>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What came of it; `busy` when it was in the end. */
export type BroughtOver = Exclude<ReplaceOutcome, { readonly state: 'absent' }>;

/** Pauses between attempts, ms: in less time than all of them the gateways begin to announce their writes where they have to. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000, 16_000];

/**
 * `source-wins`: brings over anew what has drifted. What was judged by times alone is left as it is, for it may be what clients wrote.
 *
 * @throws the signal's reason, KvUnavailable
 */
export async function bringOver(key: string, drift: Drift, options: BringOverOptions): Promise<BroughtOver> {
  const { verdict, by, targetETag } = drift;
  if (verdict !== 'drifted' || targetETag === undefined) return { state: 'kept' };
  if (by !== 'provenance')
    return { state: 'failed', reason: 'without provenance a copy cannot be told from what clients wrote' };
  let outcome = await attempt(key, targetETag, options);
  for (const pauseMs of PAUSES_MS) {
    if (outcome.state !== 'busy') return outcome;
    await options.clock.sleep(pauseMs, options.signal);
    outcome = await attempt(key, targetETag, options);
  }
  return outcome;
}

/** What the shadow has no longer is not brought over; whether its copy is to go nobody has said. */
async function attempt(
  key: string,
  etag: string,
  { replace, signal }: BringOverOptions,
): Promise<BroughtOver> {
  try {
    const outcome = await replace(key, etag);
    return outcome.state === 'absent' ? { state: 'kept' } : outcome;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof S3Error || error instanceof BackendUnavailable)
      return { state: 'failed', reason: error.message };
    throw error;
  }
}

import { isSampled } from '../compare/sampled.js';
import type { Verified } from '../compare/verified.js';
import type { Row } from '../row.js';
import type { PassWork } from './pass-work.js';
import type { Ended } from './tracker.js';

export interface VerifyWorkOptions {
  /** Rejects when the signal aborts. */
  readonly verify: (row: Row, signal: AbortSignal) => Promise<Verified>;
  /** The share of keys that is looked at, above 0 to 1. */
  readonly sample: number;
  /** Runs a comparison as soon as both stores bear one more. Rejects with the signal's reason. */
  readonly paced: <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;
}

/** Each key that one of the stores has is compared, or a share of them. */
export function verifyWork({ verify, sample, paced }: VerifyWorkOptions): PassWork {
  const judge = async (row: Row, signal: AbortSignal): Promise<Ended> =>
    endOf(await paced(() => verify(row, signal), signal));
  return {
    judge: (row, signal) => (isSampled(row.key, sample) ? judge(row, signal) : undefined),
    // What the shadow is said to list is asked of both stores.
    again: (key, size, signal) =>
      judge({ key, source: { key, size, etag: '', lastModified: '' }, isDeleted: false }, signal),
  };
}

const endOf = ({ key, result, size, reason }: Verified): Ended => ({
  key,
  outcome: result,
  bytes: size,
  // Beside what is as it should be a reason is no matter of concern.
  ...(result !== 'same' && { reason }),
});

import { BackendUnavailable } from '../backends/backend.js';
import { ListingRefused } from '../shadow/listing/store-page.js';
import type { Clock } from '../system/clock.js';
import { type MovingBucket, rowsOf } from './rows.js';

/** How far a bucket is, by the listings of both sides. Deleted keys that the shadow still has count nowhere. */
export interface Survey {
  readonly objectsTotal: number;
  readonly objectsDone: number;
  /** Bytes, as all sizes here. */
  readonly bytesTotal: number;
  readonly bytesDone: number;
  /** Keys that only the shadow has. */
  readonly remaining: number;
  /** Some of them, in key order. */
  readonly firstRemaining: readonly string[];
  /** False when the walk did not come to its end: the numbers are then lower bounds. */
  readonly exact: boolean;
  /** Why it did not, unless it was for time. */
  readonly problem?: string;
}

const NAMED = 10;

/**
 * Walks both listings for at most `deadlineMs`. A store that cannot be listed is a finding, not a failure.
 *
 * @throws KvUnavailable
 */
export async function survey(bucket: MovingBucket, deadlineMs: number, clock: Clock): Promise<Survey> {
  const over = clock.now() + deadlineMs;
  const stop = new AbortController();
  const timer = clock.after(deadlineMs, () => stop.abort());
  const seen = { objectsTotal: 0, objectsDone: 0, bytesTotal: 0, bytesDone: 0, remaining: 0 };
  const firstRemaining: string[] = [];
  try {
    for await (const { key, source, target, isDeleted } of rowsOf(bucket, {}, stop.signal)) {
      if (clock.now() > over) return { ...seen, firstRemaining, exact: false };
      if (!source || isDeleted) continue;
      seen.objectsTotal += 1;
      seen.bytesTotal += source.size;
      if (target) {
        seen.objectsDone += 1;
        seen.bytesDone += source.size;
      } else {
        seen.remaining += 1;
        if (firstRemaining.length < NAMED) firstRemaining.push(key);
      }
    }
    return { ...seen, firstRemaining, exact: true };
  } catch (error) {
    if (stop.signal.aborted) return { ...seen, firstRemaining, exact: false };
    if (!(error instanceof ListingRefused || error instanceof BackendUnavailable)) throw error;
    return { ...seen, firstRemaining, exact: false, problem: error.message };
  } finally {
    timer.cancel();
    stop.abort();
  }
}

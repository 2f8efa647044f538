import type { Row } from '../row.js';
import { type MovingBucket, rowsOf } from '../rows.js';
import { isSampled } from './sampled.js';
import { RESULTS, type Result, type Verified } from './verified.js';

export interface ReportOptions {
  readonly verify: (row: Row) => Promise<Verified>;
  /** Of the keys, above 0 to 1. */
  readonly share: number;
  readonly signal: AbortSignal;
}

/** Keys that are verified side by side. */
const AT_ONCE = 16;

/**
 * What comes of every sampled key that one of the stores has, in key order, made as it is read.
 *
 * @throws ListingRefused, BackendUnavailable, KvUnavailable, the signal's reason: then it is not whole
 */
export async function* report(
  bucket: MovingBucket,
  { verify, share, signal }: ReportOptions,
): AsyncGenerator<Verified> {
  const underWay: Promise<Verified>[] = [];
  for await (const row of rowsOf(bucket, {}, signal)) {
    if (!isSampled(row.key, share)) continue;
    const verified = verify(row);
    // Whoever awaits it hears of a failure; by then others may have failed before it.
    verified.catch(() => undefined);
    underWay.push(verified);
    if (underWay.length >= AT_ONCE) yield* next(underWay);
  }
  while (underWay.length > 0) yield* next(underWay);
}

async function* next(underWay: Promise<Verified>[]): AsyncGenerator<Verified> {
  const first = underWay.shift();
  if (first) yield await first;
}

/** How many keys came to what. */
export type ResultCounts = Readonly<Record<Result, number>>;

export const noResults = (): Record<Result, number> =>
  Object.fromEntries(RESULTS.map((result) => [result, 0])) as Record<Result, number>;

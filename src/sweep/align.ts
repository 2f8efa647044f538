import { sideBySide } from '../shadow/side-by-side.js';
import type { Row } from './row.js';
import { type MovingBucket, rowsOf } from './rows.js';

export interface AlignedBucket extends MovingBucket {
  /** Has both stores show the same of a key, as clients see it. */
  align(key: string): Promise<void>;
}

export interface Alignment {
  /** Keys that one of the stores has. */
  readonly keys: number;
  /** Those of them that the stores had otherwise, and have alike now. */
  readonly aligned: number;
  /** False when `signal` came first. */
  readonly isWhole: boolean;
}

/** Keys that are brought into line at once. */
const AT_ONCE = 16;

/**
 * Has both stores give one view of every key, whichever of them counts: where both have an object it is the target's, and of what clients deleted
 * neither has any. What only one of them has may stay there. With write-through on on all gateways that stays so.
 *
 * @throws ListingRefused, BackendUnavailable, KvUnavailable, KeyBusy, S3Error ServiceUnavailable when the shadow does not take an object
 */
export async function alignStores(bucket: AlignedBucket, signal: AbortSignal): Promise<Alignment> {
  let [keys, aligned] = [0, 0];
  async function* differing(): AsyncGenerator<string> {
    for await (const row of rowsOf(bucket, { tellsOfBoth: true }, signal)) {
      if (signal.aborted) return;
      keys += 1;
      if (isApart(row)) yield row.key;
    }
  }
  await sideBySide(differing(), { limit: AT_ONCE, signal }, async (key) => {
    await bucket.align(key);
    aligned += 1;
  });
  return { keys, aligned, isWhole: !signal.aborted };
}

const isApart = ({ source, target, isDeleted }: Row): boolean =>
  source && target ? source.etag !== target.etag || source.size !== target.size : isDeleted;

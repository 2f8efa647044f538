import { compareKeys } from '../s3/keys.js';
import type { S3Service } from '../s3/message.js';
import type { ListedObject } from '../s3/xml/listing.js';
import { listStore } from '../shadow/listing/store-page.js';
import { sideBySide } from '../shadow/side-by-side.js';
import type { Ledger } from '../state/ledger.js';
import { isInLine, type ListedBoth } from './compare/in-line.js';
import { isSameETag } from './compare/sight.js';
import { ListedKeys } from './listed-keys.js';

export interface AlignedBucket {
  readonly target: S3Service;
  readonly shadow: S3Service;
  readonly ledger: Pick<Ledger, 'records'>;
  /** What all keys begin with that the shadow can have. */
  readonly prefix: string;
  /** The `sourceId` of the shadow. */
  readonly from: string;
  /** Has both stores show the same of a key, as clients see it. */
  align(key: string): Promise<void>;
}

export interface Alignment {
  /** Keys that the shadow has, or that clients deleted. */
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
 * neither has any. A copy of what the shadow has is the same, whatever its ETag. What only one of them has may stay there. With write-through on on all gateways that stays so. A key that the shadow does not have and that no
 * client deleted cannot be apart, so that a target of any size costs no more than its shadow does.
 *
 * @throws ListingRefused, BackendUnavailable, KvUnavailable, KeyBusy, S3Error ServiceUnavailable when the shadow does not take an object
 */
export async function alignStores(bucket: AlignedBucket, signal: AbortSignal): Promise<Alignment> {
  let [keys, aligned] = [0, 0];
  const inTarget = new ListedKeys(bucket.target, signal);
  async function* differing(): AsyncGenerator<ListedBoth> {
    for await (const candidate of candidates(bucket, signal)) {
      if (signal.aborted) return;
      keys += 1;
      const target = await inTarget.find(candidate.key);
      if (isApart(candidate, target)) yield { ...candidate, target };
    }
  }
  await sideBySide(differing(), { limit: AT_ONCE, signal }, async (row) => {
    if (await isInLine(row, { ...bucket, signal })) return;
    await bucket.align(row.key);
    aligned += 1;
  });
  return { keys, aligned, isWhole: !signal.aborted };
}

interface Candidate {
  readonly key: string;
  readonly source?: ListedObject | undefined;
  readonly isDeleted: boolean;
}

const isApart = ({ source, isDeleted }: Candidate, target: ListedObject | undefined): boolean =>
  source && target
    ? !isSameETag(source.etag, target.etag) || source.size !== target.size
    : isDeleted && (source ?? target) !== undefined;

/** What the shadow lists and what has a tombstone, merged in key order. */
async function* candidates(
  { shadow, ledger, prefix }: AlignedBucket,
  signal: AbortSignal,
): AsyncGenerator<Candidate> {
  const sources = listStore(shadow, signal, { prefix });
  const graves = buried(ledger, prefix);
  let [source, grave] = [await sources.next(), await graves.next()];
  while (!source.done || !grave.done) {
    const order = source.done ? 1 : grave.done ? -1 : compareKeys(source.value.key, grave.value);
    const listed = order <= 0 && !source.done ? source.value : undefined;
    const deleted = order >= 0 && !grave.done ? grave.value : undefined;
    yield { key: listed?.key ?? deleted ?? '', source: listed, isDeleted: deleted !== undefined };
    if (listed) source = await sources.next();
    if (deleted !== undefined) grave = await graves.next();
  }
}

async function* buried(ledger: Pick<Ledger, 'records'>, prefix: string): AsyncGenerator<string> {
  for await (const [key, { tombstone }] of ledger.records(prefix)) if (tombstone) yield key;
}

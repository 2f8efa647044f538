import { compareKeys } from '../../s3/keys.js';
import type { S3Service } from '../../s3/message.js';
import type { ListedObject } from '../../s3/xml/listing.js';
import { type PageRequest, readStorePage, type StorePage } from '../../shadow/listing/store-page.js';
import type { Ledger } from '../../state/ledger.js';

/** Where the lines of a listing are looked for. */
export interface BrowsedBucket {
  readonly target: S3Service;
  /** None where the bucket has no shadow. */
  readonly shadow?: { readonly store: S3Service; readonly ledger: Pick<Ledger, 'deletedAmong'> } | undefined;
}

/** A key, or a common prefix, that one of the stores has at least. */
export interface BrowsedLine {
  readonly name: string;
  readonly isPrefix: boolean;
  readonly inTarget: boolean;
  readonly inShadow: boolean;
  /** Only the shadow has it, and clients deleted it. */
  readonly isDeleted: boolean;
  /** The target's, where it has one. */
  readonly object?: ListedObject | undefined;
}

export interface BrowsedPage {
  /** In key order. */
  readonly lines: readonly BrowsedLine[];
  /** The next page begins after it; undefined on the last page. */
  readonly next?: string | undefined;
}

/**
 * A page of what both stores list, whatever clients see of it: a list call to each, and a look-up of tombstones.
 *
 * @throws ListingRefused, BackendUnavailable, KvUnavailable
 */
export async function browse({ target, shadow }: BrowsedBucket, wanted: PageRequest): Promise<BrowsedPage> {
  const [inTarget, inShadow] = await Promise.all([
    readStorePage(target, wanted),
    shadow ? readStorePage(shadow.store, wanted) : NOTHING,
  ]);
  const covered = linesOf(inTarget, inShadow).filter(isWithin(inTarget)).filter(isWithin(inShadow));
  const lines = covered.slice(0, wanted.maxKeys);
  const isLast = lines.length === covered.length && (inTarget.end ?? inShadow.end) === undefined;
  const alone = lines.filter(({ inTarget, isPrefix }) => !inTarget && !isPrefix).map(({ name }) => name);
  const deleted = (await shadow?.ledger.deletedAmong(alone)) ?? new Set();
  return {
    lines: lines.map((line) => ({ ...line, isDeleted: deleted.has(line.name) })),
    next: isLast ? undefined : lines.at(-1)?.name,
  };
}

const NOTHING: StorePage = { entries: [] };

function linesOf(inTarget: StorePage, inShadow: StorePage): Omit<BrowsedLine, 'isDeleted'>[] {
  const ofTarget = new Map(inTarget.entries.map((entry) => [entry.name, entry]));
  const ofShadow = new Map(inShadow.entries.map((entry) => [entry.name, entry]));
  return [...new Map([...ofShadow, ...ofTarget]).values()]
    .sort((one, other) => compareKeys(one.name, other.name))
    .map(({ name, object }) => ({
      name,
      isPrefix: object === undefined,
      inTarget: ofTarget.has(name),
      inShadow: ofShadow.has(name),
      object,
    }));
}

const isWithin =
  ({ end }: StorePage) =>
  ({ name }: Pick<BrowsedLine, 'name'>): boolean =>
    end === undefined || compareKeys(name, end) <= 0;

import { compareKeys } from '../s3/keys.js';
import type { S3Service } from '../s3/message.js';
import type { ListedObject } from '../s3/xml/listing.js';
import { listPages } from '../shadow/listing/store-page.js';
import type { Ledger } from '../state/ledger.js';
import type { KeyRange, Row } from './row.js';

/** The two places of a bucket that is moving, and what is known of its keys. */
export interface MovingBucket {
  readonly target: S3Service;
  readonly shadow: S3Service;
  readonly ledger: Pick<Ledger, 'deletedAmong'>;
  /** What all keys begin with that the shadow can have. */
  readonly prefix: string;
}

/**
 * Merge-join: walks the listings of both stores together, in key order, and yields every key that one of them has. Two list calls and one look-up
 * of tombstones per 1,000 keys, no request per key.
 *
 * @throws ListingRefused, BackendUnavailable, KvUnavailable
 */
export async function* rowsOf(
  bucket: MovingBucket,
  range: KeyRange,
  signal: AbortSignal,
): AsyncGenerator<Row> {
  for await (const joined of joinedListings(bucket, range, signal)) {
    const asked = joined.filter(({ target }) => !target);
    const deleted = await bucket.ledger.deletedAmong(asked.map(({ key }) => key));
    for (const { key, source, target } of joined) yield { key, source, target, isDeleted: deleted.has(key) };
  }
}

type Joined = Omit<Row, 'isDeleted'>;

/** As much at a time as follows from the pages at hand: of each store 1,000 keys at most. */
async function* joinedListings(
  { shadow, target, prefix }: MovingBucket,
  range: KeyRange,
  signal: AbortSignal,
): AsyncGenerator<Joined[]> {
  const sources = new Reader(stretch(shadow, { ...range, prefix, signal }));
  const targets = new Reader(stretch(target, { ...range, prefix, signal }));
  for (;;) {
    await sources.read();
    await targets.read();
    if (sources.isAtEnd && targets.isAtEnd) return;
    yield join(sources, targets);
  }
}

/** Until the next page of one of them has to be read. */
function join(sources: Reader, targets: Reader): Joined[] {
  const joined: Joined[] = [];
  while (sources.isReady && targets.isReady) {
    const [one, other] = [sources.current, targets.current];
    if (!one && !other) break;
    const order = one && other ? compareKeys(one.key, other.key) : one ? -1 : 1;
    const [source, target] = [order <= 0 ? one : undefined, order >= 0 ? other : undefined];
    joined.push({ key: (source ?? target)?.key ?? '', source, target });
    if (source) sources.next();
    if (target) targets.next();
  }
  return joined;
}

/** Goes over the objects of a listing, of which it has one page. */
class Reader {
  #page: readonly ListedObject[] = [];
  #at = 0;
  /** Nothing comes behind the page. */
  #isLast = false;

  constructor(private readonly pages: AsyncGenerator<ListedObject[]>) {}

  get current(): ListedObject | undefined {
    return this.#page[this.#at];
  }

  get isAtEnd(): boolean {
    return this.#isLast && this.current === undefined;
  }

  /** Whether it is known what comes next. */
  get isReady(): boolean {
    return this.#isLast || this.current !== undefined;
  }

  next(): void {
    this.#at += 1;
  }

  async read(): Promise<void> {
    while (!this.isReady) {
      const { value, done } = await this.pages.next();
      if (done) this.#isLast = true;
      else [this.#page, this.#at] = [value, 0];
    }
  }
}

interface Stretch extends KeyRange {
  readonly prefix: string;
  readonly signal: AbortSignal;
}

async function* stretch(
  store: S3Service,
  { after, upTo, prefix, signal }: Stretch,
): AsyncGenerator<ListedObject[]> {
  for await (const page of listPages(store, signal, { prefix, after })) {
    const last = page.at(-1);
    const isBehind = ({ key }: ListedObject) => upTo !== undefined && compareKeys(key, upTo) > 0;
    if (last && isBehind(last)) {
      yield page.slice(0, page.findIndex(isBehind));
      return;
    }
    yield page;
  }
}

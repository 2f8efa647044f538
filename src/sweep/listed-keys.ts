import { compareKeys, nameBefore } from '../s3/keys.js';
import type { S3Service } from '../s3/message.js';
import type { ListedObject } from '../s3/xml/listing.js';
import { MAX_PAGE, readStorePage, type StorePage } from '../shadow/listing/store-page.js';

/** What is asked for at least: some keys more cost next to nothing. */
const LEAST = 10;

/**
 * Looks keys up in a store's listing, in key order: keys that lie close together by one list call, those that lie apart by one each, whatever lies between
 * them. As many keys are asked for at once as were of use of the last ones.
 */
export class ListedKeys {
  #page: StorePage | undefined;
  #objects = new Map<string, ListedObject>();
  #asked = LEAST;
  #used = 0;

  constructor(
    private readonly store: S3Service,
    private readonly signal: AbortSignal,
  ) {}

  /** The store's object of a key, each key behind the one before. @throws ListingRefused, BackendUnavailable */
  async find(key: string): Promise<ListedObject | undefined> {
    const before = nameBefore(key);
    for (let after = before; !this.#covers(key); after = this.#page?.end ?? before) await this.#read(after);
    this.#used += 1;
    return this.#objects.get(key);
  }

  /** Keys come in order, so that none lies before the page. */
  #covers(key: string): boolean {
    if (!this.#page) return false;
    const { end } = this.#page;
    return end === undefined || compareKeys(key, end) <= 0;
  }

  async #read(after: string): Promise<void> {
    const isUsed = this.#used * 2 >= this.#asked;
    this.#asked = Math.min(MAX_PAGE, Math.max(LEAST, isUsed ? this.#asked * 4 : this.#used * 2));
    this.#used = 0;
    const { signal } = this;
    const wanted = { prefix: '', delimiter: '', after, maxKeys: this.#asked, signal };
    this.#page = await readStorePage(this.store, wanted);
    this.#objects = new Map(
      this.#page.entries.flatMap(({ object }) => (object ? [[object.key, object] as const] : [])),
    );
  }
}

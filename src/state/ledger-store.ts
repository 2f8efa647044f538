import { LRUCache } from 'lru-cache';
import type { Clock } from '../system/clock.js';
import { inBatches } from '../system/in-batches.js';
import { isEmpty, type KeyRecord, withoutExpired } from './key-record.js';
import type { Kv, KvCheck, KvEntry } from './kv.js';
import {
  emptiedUntil,
  NOT_STORED,
  openKey,
  readStored,
  recordKey,
  replacing,
  type StoredRecord,
} from './ledger-entries.js';

/** Another writer held the key for longer than a caller may wait. */
export class KeyBusy extends Error {
  override readonly name = 'KeyBusy';
}

export type Change = (record: KeyRecord, now: number) => KeyRecord | 'wait' | 'refuse';

/** How soon a key that somebody is writing is looked at again, ms. */
export const RETRY_MS = 10;
const PAGE = 1_000;
/** So many records are remembered as this gateway wrote them last. */
const MAX_WRITTEN = 1_000;

/**
 * The records of one bucket's keys, each changed by one atomic check-and-set.
 *
 * @throws KvUnavailable from every method when the state store cannot be reached
 */
export class LedgerStore {
  readonly #kv: Kv;
  readonly #bucketId: string;
  protected readonly waitMs: number;
  readonly #written = new LRUCache<string, StoredRecord>({ max: MAX_WRITTEN });

  /** @param options `waitMs`: how long a change waits for another writer before it is told that the key is busy */
  constructor(
    kv: Kv,
    bucketId: string,
    protected readonly clock: Clock,
    { waitMs }: { readonly waitMs: number },
  ) {
    this.#kv = kv;
    this.#bucketId = bucketId;
    this.waitMs = waitMs;
  }

  async record(key: string): Promise<KeyRecord> {
    return (await this.#read(key)).record;
  }

  /** One round trip; in the order of `keys`. */
  async recordsOf(keys: readonly string[]): Promise<KeyRecord[]> {
    if (keys.length === 0) return [];
    const entries = await this.#kv.getMany(keys.map((key) => recordKey(this.#bucketId, key)));
    return entries.map((entry) => readStored(entry).record);
  }

  /** The records of all keys that begin with `prefix`, in key order. */
  async *records(prefix = ''): AsyncGenerator<[key: string, record: KeyRecord]> {
    const space = recordKey(this.#bucketId, '');
    for await (const entry of this.#entries(space + prefix)) {
      yield [entry.key.slice(space.length), readStored(entry).record];
    }
  }

  /** Keys with work that is under way, or was left behind, or is owed to the shadow; with `dueBy` those that are to be looked at by then. */
  async *openKeys(dueBy = Number.POSITIVE_INFINITY): AsyncGenerator<string> {
    const space = openKey(this.#bucketId, '');
    for await (const { key, value } of this.#entries(space)) {
      if (Number(value) <= dueBy) yield key.slice(space.length);
    }
  }

  /** The records of open keys, in two round trips for each thousand. */
  async *openRecords(dueBy?: number): AsyncGenerator<[key: string, record: KeyRecord]> {
    for await (const keys of inBatches(this.openKeys(dueBy))) {
      const records = await this.recordsOf(keys);
      for (const [index, record] of records.entries()) yield [keys[index] ?? '', record];
    }
  }

  /** Keys whose shadow has been empty since that time or longer, those of the longest time first. */
  async *emptiedBy(time: number): AsyncGenerator<string> {
    const entries = this.#entries(`emptied/${this.#bucketId}/`, emptiedUntil(this.#bucketId, time + 1));
    const keyStart = emptiedUntil(this.#bucketId, time).length + 1;
    for await (const { key } of entries) yield key.slice(keyStart);
  }

  /** Forgets everything, once no gateway consults the shadow any more. False when `checks` did not hold to the end: then something is left. */
  async clear(checks: readonly KvCheck[] = []): Promise<boolean> {
    for (const space of ['key', 'open', 'emptied']) {
      for (;;) {
        const batch = await this.#kv.list({ prefix: `${space}/${this.#bucketId}/`, limit: PAGE });
        if (batch.length === 0) break;
        const deletes = batch.map((entry) => entry.key);
        if ((await this.#kv.commit({ checks, deletes })) === null) return false;
      }
    }
    return true;
  }

  /**
   * True when the record was changed, false when `change` refused. What this gateway wrote last, or nothing at all, is taken for what is
   * there: a commit proves it, and whatever else comes of it is judged again by what has been read.
   *
   * @throws KeyBusy
   */
  protected async change(key: string, change: Change): Promise<boolean> {
    const deadline = this.clock.now() + this.waitMs;
    let stored = this.#written.get(key) ?? NOT_STORED;
    for (let isRead = false; ; isRead = true) {
      const now = this.clock.now();
      const next = change(withoutExpired(stored.record, now), now);
      if (typeof next !== 'string' && (await this.#replace(key, { stored, next, now }))) return true;
      if (isRead && next === 'refuse') return false;
      if (isRead && now >= deadline) throw new KeyBusy(`key ${JSON.stringify(key)} is being written`);
      if (isRead) await this.clock.sleep(RETRY_MS);
      stored = await this.#read(key);
    }
  }

  /** True when there was no record of the key, and this is it now. */
  protected create(key: string, next: KeyRecord, now: number): Promise<boolean> {
    return this.#replace(key, { stored: NOT_STORED, next, now });
  }

  async #read(key: string): Promise<StoredRecord> {
    return readStored(await this.#kv.get(recordKey(this.#bucketId, key)));
  }

  async #replace(key: string, change: Parameters<typeof replacing>[2]): Promise<boolean> {
    const { next } = change;
    const version = await this.#kv.commit(replacing(this.#bucketId, key, change));
    if (version === null) return false;
    if (isEmpty(next)) this.#written.delete(key);
    else this.#written.set(key, { record: next, version });
    return true;
  }

  async *#entries(prefix: string, end?: string): AsyncGenerator<KvEntry> {
    let start = prefix;
    for (;;) {
      const page = await this.#kv.list({ prefix, start, limit: PAGE, ...(end === undefined ? {} : { end }) });
      yield* page;
      const last = page.at(-1);
      if (!last || page.length < PAGE) return;
      start = `${last.key}\u0000`;
    }
  }
}

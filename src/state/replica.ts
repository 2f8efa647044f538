import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../system/clock.js';
import type { RecordStore } from './record-store.js';

/** How long a name that the store did not know is not asked for again, ms, and how many such names are kept. */
const MISSING_MS = 1_000;
const MAX_MISSING = 10_000;

export interface ReplicaOptions<T> {
  readonly store: Pick<RecordStore<T>, 'get' | 'all' | 'nameOf'>;
  readonly clock: Clock;
  readonly onChange: (name: string) => void;
}

/** The reads of one record that overlap. */
interface ReadsOfOne {
  underWay: number;
  /** Of those that have been answered, which began last: the answer of an earlier one may be older. */
  newest: number;
}

/** All records of a store in memory. A record stays the same object until it differs. */
export class Replica<T> {
  readonly #records = new Map<string, T>();
  readonly #missing: LRUCache<string, true>;
  readonly #asking = new Map<string, Promise<T | undefined>>();
  readonly #reads = new Map<string, ReadsOfOne>();
  #begun = 0;
  /** Names that were read while all are being loaded. */
  #readWhileLoading: Set<string> | undefined;

  constructor(private readonly options: ReplicaOptions<T>) {
    const perf = { now: () => options.clock.now() };
    this.#missing = new LRUCache({ max: MAX_MISSING, ttl: MISSING_MS, ttlResolution: 0, perf });
  }

  get(name: string): T | undefined {
    return this.#records.get(name);
  }

  values(): IterableIterator<T> {
    return this.#records.values();
  }

  /** As `get`, but a name that is not known is asked for in the store, by all who want it at once in one read. */
  async lookUp(name: string): Promise<T | undefined> {
    const known = this.#records.get(name);
    if (known !== undefined || this.#missing.has(name)) return known;
    return this.#asking.get(name) ?? this.#ask(name);
  }

  /** Reads one record anew; what is known of it then is at least as new. */
  async refresh(name: string): Promise<T | undefined> {
    const reads = this.#reads.get(name) ?? { underWay: 0, newest: 0 };
    this.#reads.set(name, reads);
    this.#begun += 1;
    const begun = this.#begun;
    reads.underWay += 1;
    try {
      const record = await this.options.store.get(name);
      if (begun > reads.newest) this.#apply(name, record);
      reads.newest = Math.max(begun, reads.newest);
      return record;
    } finally {
      reads.underWay -= 1;
      if (reads.underWay === 0) this.#reads.delete(name);
    }
  }

  /**
   * Reads all records anew; none is older then than when this was called. A read of one record that is under way meanwhile may be of
   * before or after, so that one is read once more. Not to be called again before it has resolved.
   */
  async load(): Promise<void> {
    const unsure = new Set<string>();
    this.#readWhileLoading = unsure;
    const loaded = await this.#readAll().finally(() => {
      this.#readWhileLoading = undefined;
    });
    for (const name of this.#reads.keys()) unsure.add(name);
    for (const name of new Set([...this.#records.keys(), ...loaded.keys()])) {
      if (!unsure.has(name)) this.#apply(name, loaded.get(name));
    }
    await Promise.all([...unsure].map((name) => this.refresh(name)));
  }

  async #readAll(): Promise<Map<string, T>> {
    const { store } = this.options;
    const loaded = new Map<string, T>();
    for await (const record of store.all()) loaded.set(store.nameOf(record), record);
    return loaded;
  }

  async #ask(name: string): Promise<T | undefined> {
    const asked = this.refresh(name).finally(() => this.#asking.delete(name));
    this.#asking.set(name, asked);
    const record = await asked;
    if (record === undefined && !this.#records.has(name)) this.#missing.set(name, true);
    return record;
  }

  #apply(name: string, record: T | undefined): void {
    this.#readWhileLoading?.add(name);
    if (isDeepStrictEqual(this.#records.get(name), record)) return;
    if (record === undefined) this.#records.delete(name);
    else this.#records.set(name, record);
    this.#missing.delete(name);
    this.options.onChange(name);
  }
}

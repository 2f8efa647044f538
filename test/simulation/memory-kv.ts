import { compareKeys } from '../../src/s3/keys.js';
import { type Kv, type KvCommit, type KvEntry, type KvRange, KvUnavailable } from '../../src/state/kv.js';
import { KvWatchers } from '../../src/state/kv-watchers.js';
import type { Clock } from '../../src/system/clock.js';

interface Pair extends KvEntry {
  /** When it is gone, ms. */
  readonly until: number;
}

/** The pairs that all gateways of a run share. Calls take effect at once; what delays or fails them stands before it. */
export class MemoryKv implements Kv {
  readonly #pairs = new Map<string, Pair>();
  readonly #watchers = new KvWatchers();
  #version = 0;
  #available = true;

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  async get(key: string): Promise<KvEntry | null> {
    this.#assertAvailable();
    return this.#find(key);
  }

  async getMany(keys: readonly string[]): Promise<(KvEntry | null)[]> {
    this.#assertAvailable();
    return keys.map((key) => this.#find(key));
  }

  async list({ prefix = '', start = '', end, limit }: KvRange): Promise<KvEntry[]> {
    this.#assertAvailable();
    const inRange = [...this.#pairs.values()].filter(
      (pair) =>
        this.#isThere(pair) &&
        pair.key.startsWith(prefix) &&
        compareKeys(pair.key, start) >= 0 &&
        (end === undefined || compareKeys(pair.key, end) < 0),
    );
    return inRange.sort((a, b) => compareKeys(a.key, b.key)).slice(0, limit);
  }

  async commit({ checks = [], sets = [], deletes = [] }: KvCommit): Promise<string | null> {
    this.#assertAvailable();
    const hold = checks.every(({ key, version }) => (this.#find(key)?.version ?? null) === version);
    if (!hold) return null;
    this.#version += 1;
    const version = String(this.#version);
    for (const key of deletes) this.#pairs.delete(key);
    for (const { key, value, expireIn = Number.POSITIVE_INFINITY } of sets) {
      this.#pairs.set(key, { key, value, version, until: this.clock.now() + expireIn });
    }
    for (const key of [...deletes, ...sets.map((set) => set.key)]) this.#watchers.changed(key);
    return version;
  }

  watch(prefix: string, onChange: (key: string | null) => void): () => void {
    return this.#watchers.add({ prefix, onChange });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  breakDown(): void {
    this.#available = false;
  }

  /** Whoever watches cannot know what changed meanwhile. */
  comeBack(): void {
    if (this.#available) return;
    this.#available = true;
    this.#watchers.missed();
  }

  /** The value of a key, whoever may reach the state. */
  peek(key: string): string | undefined {
    return this.#find(key)?.value;
  }

  /** The values of all keys that begin so, whoever may reach the state. */
  peekAll(prefix: string): string[] {
    return [...this.#pairs.values()]
      .filter((pair) => pair.key.startsWith(prefix) && this.#isThere(pair))
      .map(({ value }) => value);
  }

  /** Whether a key that begins so is there, whoever may reach the state. */
  has(prefix: string): boolean {
    for (const pair of this.#pairs.values())
      if (pair.key.startsWith(prefix) && this.#isThere(pair)) return true;
    return false;
  }

  #find(key: string): KvEntry | null {
    const pair = this.#pairs.get(key);
    return pair && this.#isThere(pair) ? pair : null;
  }

  #isThere({ until }: Pair): boolean {
    return until > this.clock.now();
  }

  #assertAvailable(): void {
    if (!this.#available) throw new KvUnavailable('simulated');
  }
}

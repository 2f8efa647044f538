import { mkdir } from 'node:fs/promises';
import { open, type RootDatabase } from 'lmdb';
import type { Clock } from '../system/clock.js';
import { messageOf } from '../system/thrown.js';
import { withinDeadline } from './deadline.js';
import { type Kv, type KvCommit, type KvEntry, type KvRange, KvUnavailable, writtenBy } from './kv.js';
import { assertKvCommit, assertKvKey, assertKvRange } from './kv-limits.js';
import { boundsOf } from './kv-range.js';
import { KvWatchers } from './kv-watchers.js';
import { LmdbChanges } from './lmdb-changes.js';
import { LmdbEntries } from './lmdb-entries.js';

export interface LmdbKvOptions {
  /** The folder of the database; made when it is missing. */
  readonly path: string;
  readonly clock: Clock;
}

/** How soon a change of another process is seen, ms. */
const POLL_MS = 100;
const CLEANING_MS = 1_000;
const EXPIRED_PER_CLEANING = 1_000;
/** Waiting for the write lock and the disk, ms. */
const COMMIT_DEADLINE_MS = 10_000;

/**
 * The embedded store: one folder on a local disk, shared by any number of processes of one machine. A commit is on
 * the disk when it resolves.
 */
export async function openLmdbKv({ path, clock }: LmdbKvOptions): Promise<Kv> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  try {
    return new LmdbKv(open({ path, noSubdir: false, overlappingSync: false }), clock);
  } catch (error) {
    throw unavailable(error);
  }
}

class LmdbKv implements Kv {
  readonly #entries: LmdbEntries;
  readonly #changes: LmdbChanges;
  readonly #watchers = new KvWatchers();
  #closed = false;
  /** The newest commit that the watchers know of. */
  #delivered = 0;

  constructor(
    private readonly root: RootDatabase,
    private readonly clock: Clock,
  ) {
    this.#entries = new LmdbEntries(
      root.openDB({ name: 'pairs', keyEncoding: 'binary' }),
      root.openDB({ name: 'expiries', keyEncoding: 'binary' }),
    );
    this.#changes = new LmdbChanges(root.openDB({ name: 'changes' }));
    this.#every(POLL_MS, () => this.#deliver());
    this.#every(CLEANING_MS, () => this.#clean());
  }

  async get(key: string): Promise<KvEntry | null> {
    assertKvKey(key);
    return this.#read((now) => this.#entries.get(key, now));
  }

  async getMany(keys: readonly string[]): Promise<(KvEntry | null)[]> {
    keys.forEach(assertKvKey);
    return this.#read((now) => keys.map((key) => this.#entries.get(key, now)));
  }

  async list(range: KvRange): Promise<KvEntry[]> {
    assertKvRange(range);
    return this.#read((now) => this.#entries.list(boundsOf(range), range.limit, now));
  }

  async commit(commit: KvCommit): Promise<string | null> {
    assertKvCommit(commit);
    const version = await this.#write((now) => this.#apply(commit, now));
    if (!this.#closed) this.#deliverAfter(commit, version);
    return version;
  }

  watch(prefix: string, onChange: (key: string | null) => void): () => void {
    if (this.#watchers.size === 0) this.#delivered = this.#read(() => this.#changes.newest());
    return this.#watchers.add({ prefix, onChange });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.root.close();
  }

  #apply(commit: KvCommit, now: number): string | null {
    const { checks = [], sets = [], deletes = [] } = commit;
    const holds = checks.every(
      ({ key, version }) => (this.#entries.get(key, now)?.version ?? null) === version,
    );
    if (!holds) return null;
    const version = this.#changes.newest() + 1;
    for (const { key, value, expireIn } of sets) {
      this.#entries.put({ key, value, version }, expireIn === undefined ? 0 : Math.ceil(now + expireIn));
    }
    for (const key of deletes) this.#entries.remove(key);
    this.#changes.append(version, writtenBy(commit));
    return String(version);
  }

  /** Reads what is committed at this moment: the library would otherwise keep one snapshot for a turn of the loop. */
  #read<T>(action: (now: number) => T): T {
    this.#assertOpen();
    this.root.resetReadTxn();
    try {
      return action(this.clock.now());
    } catch (error) {
      throw unavailable(error);
    }
  }

  async #write<T>(action: (now: number) => T): Promise<T> {
    this.#assertOpen();
    const written = this.root.transaction(() => action(this.clock.now()));
    try {
      return await withinDeadline(written, COMMIT_DEADLINE_MS, this.clock);
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** What this process wrote is known without being read, unless others wrote before it, as they did where a check did not hold. */
  #deliverAfter(commit: KvCommit, version: string | null): void {
    if (version === null || Number(version) !== this.#delivered + 1) {
      this.#deliver();
      return;
    }
    this.#delivered += 1;
    for (const key of writtenBy(commit)) this.#watchers.changed(key);
  }

  #deliver(): void {
    if (this.#watchers.size === 0) return;
    const { keys, newest } = this.#read(() => ({
      keys: this.#changes.since(this.#delivered),
      newest: this.#changes.newest(),
    }));
    this.#delivered = newest;
    if (keys === null) this.#watchers.missed();
    else for (const key of keys) this.#watchers.changed(key);
  }

  async #clean(): Promise<void> {
    if (!this.#read((now) => this.#entries.hasExpired(now))) return;
    await this.#write((now) => this.#entries.removeExpired(now, EXPIRED_PER_CLEANING));
  }

  #every(ms: number, action: () => void | Promise<void>): void {
    this.clock.after(ms, async () => {
      if (this.#closed) return;
      try {
        await action();
      } catch (error) {
        // Whoever calls the store next meets the same fault and reports it.
        if (!(error instanceof KvUnavailable)) throw error;
      }
      this.#every(ms, action);
    });
  }

  #assertOpen(): void {
    if (this.#closed) throw new KvUnavailable('closed');
  }
}

const unavailable = (error: unknown): KvUnavailable =>
  error instanceof KvUnavailable ? error : new KvUnavailable(messageOf(error), { cause: error });

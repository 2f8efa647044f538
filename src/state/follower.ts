import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import type { Kv } from './kv.js';
import type { RecordStore } from './record-store.js';
import type { Replica } from './replica.js';

export interface FollowerOptions<T> {
  readonly kv: Kv;
  readonly store: RecordStore<T>;
  readonly replica: Replica<T>;
  readonly clock: Clock;
  readonly log?: Pick<Logger, 'warn' | 'info'>;
}

/** How often all is read anew, ms, in case a change was not heard of; and how soon after a read that failed. */
const RELOAD_MS = 30_000;
const RETRY_MS = 2_000;

/** Keeps a replica fresh, in the background. While the state cannot be read, the replica stays as it was. */
export class Follower<T> {
  #endings: (() => void)[] = [];
  #timer: { cancel(): void } | undefined;
  #loading: Promise<void> | undefined;
  /** A change may have been missed by the load that is running. */
  #mustRepeat = false;
  /** A read has failed and all has not been read since. */
  #isBehind = false;

  constructor(private readonly options: FollowerOptions<T>) {}

  /** Resolves when all is loaded; rejects when it could not be, and follows nothing then. */
  async start(): Promise<void> {
    const { kv, store } = this.options;
    const changed = (key: string | null) =>
      key === null ? this.#reloadOnward() : this.#refresh(key.slice(store.prefix.length));
    this.#endings = [kv.watch(store.prefix, changed), store.onWrite((name) => this.#refresh(name))];
    try {
      await this.#load();
    } catch (error) {
      this.stop();
      throw error;
    }
    this.#reloadIn(RELOAD_MS);
  }

  stop(): void {
    for (const end of this.#endings) end();
    this.#endings = [];
    this.#timer?.cancel();
  }

  /** Resolves when all has been read anew; rejects when it could not be. */
  reload(): Promise<void> {
    this.#mustRepeat = true;
    return this.#load();
  }

  async #refresh(name: string): Promise<void> {
    await this.#attempt(() => this.options.replica.refresh(name));
  }

  async #reloadOnward(): Promise<void> {
    if (!(await this.#attempt(() => this.reload()))) return;
    this.#noteCaughtUp();
    this.#reloadIn(RELOAD_MS);
  }

  /** Whoever comes while all is being read gets the end of that. */
  #load(): Promise<void> {
    this.#loading ??= this.#loadCurrent().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #loadCurrent(): Promise<void> {
    do {
      this.#mustRepeat = false;
      await this.options.replica.load();
    } while (this.#mustRepeat);
  }

  async #attempt(action: () => Promise<unknown>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      this.#noteBehind(error);
      this.#reloadIn(RETRY_MS);
      return false;
    }
  }

  /** An outage is told once, however often it is met. */
  #noteBehind(error: unknown): void {
    const { log, store } = this.options;
    if (this.#isBehind) return;
    this.#isBehind = true;
    log?.warn({ err: error, records: store.prefix }, 'the state cannot be read; what was known stays in use');
  }

  #noteCaughtUp(): void {
    if (!this.#isBehind) return;
    this.#isBehind = false;
    this.options.log?.info({ records: this.options.store.prefix }, 'the state can be read again');
  }

  #reloadIn(ms: number): void {
    this.#timer?.cancel();
    const isStopped = this.#endings.length === 0;
    if (!isStopped) this.#timer = this.options.clock.after(ms, () => this.#reloadOnward());
  }
}

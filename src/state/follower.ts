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
  readonly log?: Pick<Logger, 'warn'>;
}

/** How often all is read anew, ms, in case a change was not heard of; and how soon after a read that failed. */
const RELOAD_MS = 30_000;
const RETRY_MS = 2_000;

/** Keeps a replica fresh, in the background. While the state cannot be read, the replica stays as it was. */
export class Follower<T> {
  #endings: (() => void)[] = [];
  #timer: { cancel(): void } | undefined;
  #isLoading = false;
  /** A change may have been missed by the load that is running. */
  #mustRepeat = false;

  constructor(private readonly options: FollowerOptions<T>) {}

  /** Resolves when all is loaded; rejects when it could not be, and follows nothing then. */
  async start(): Promise<void> {
    const { kv, store } = this.options;
    const changed = (key: string | null) =>
      key === null ? this.#reload() : this.#refresh(key.slice(store.prefix.length));
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

  async #refresh(name: string): Promise<void> {
    await this.#attempt(() => this.options.replica.refresh(name));
  }

  async #reload(): Promise<void> {
    if (this.#isLoading) this.#mustRepeat = true;
    else if (await this.#attempt(() => this.#load())) this.#reloadIn(RELOAD_MS);
  }

  async #load(): Promise<void> {
    this.#isLoading = true;
    try {
      do {
        this.#mustRepeat = false;
        await this.options.replica.load();
      } while (this.#mustRepeat);
    } finally {
      this.#isLoading = false;
    }
  }

  async #attempt(action: () => Promise<unknown>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      this.options.log?.warn({ err: error }, 'reading the state anew failed; what was known stays in use');
      this.#reloadIn(RETRY_MS);
      return false;
    }
  }

  #reloadIn(ms: number): void {
    this.#timer?.cancel();
    const isStopped = this.#endings.length === 0;
    if (!isStopped) this.#timer = this.options.clock.after(ms, () => this.#reload());
  }
}

import { setMaxListeners } from 'node:events';
import { type Kv, KvUnavailable } from '../../state/kv.js';
import type { Clock } from '../../system/clock.js';

/**
 * A stretch of time in which no other gateway goes on without this one: what it knows of the buckets' settings holds. It ends so long
 * before the gateway's lease does that a request to a store which was released in it has applied, or never will, by then.
 */
export interface Tenure {
  /** Aborts when the tenure ends, which is for good. */
  readonly signal: AbortSignal;
  /** Tells the end also where timers are late. */
  isOver(): boolean;
}

export class RunningTenure implements Tenure {
  readonly #ended = new AbortController();
  #timer: { cancel(): void } | undefined;
  #until = 0;

  /** @param until in Unix milliseconds */
  constructor(
    private readonly clock: Clock,
    until: number,
  ) {
    // Every route listens for it.
    setMaxListeners(0, this.signal);
    this.extend(until);
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  isOver(): boolean {
    return this.signal.aborted || this.clock.now() >= this.#until;
  }

  extend(until: number): void {
    this.#until = until;
    this.#timer?.cancel();
    this.#timer = this.clock.after(Math.max(0, until - this.clock.now()), () => this.end());
  }

  end(): void {
    this.#timer?.cancel();
    this.#ended.abort();
  }
}

/**
 * The state for what was begun in one tenure. When that is over the rules it was begun by may hold no more, and it can announce nothing:
 * every call is refused as if the state was out of reach.
 */
export function withinTenure(kv: Kv, tenure: Tenure): Kv {
  async function during<T>(call: () => Promise<T>): Promise<T> {
    if (tenure.isOver()) throw new KvUnavailable('this gateway was out of touch with it for too long');
    return call();
  }
  return {
    get: (key) => during(() => kv.get(key)),
    getMany: (keys) => during(() => kv.getMany(keys)),
    list: (range) => during(() => kv.list(range)),
    commit: (commit) => during(() => kv.commit(commit)),
    watch: (prefix, onChange) => kv.watch(prefix, onChange),
    close: () => kv.close(),
  };
}

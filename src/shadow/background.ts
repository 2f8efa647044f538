import { setMaxListeners } from 'node:events';
import type { Logger } from '../system/logger.js';

/** Work that goes on after the answer it began with, bounded in number and awaited when the gateway drains. */
export class BackgroundWork {
  readonly #running = new Set<Promise<void>>();
  #uncounted = 0;
  readonly #abort = new AbortController();

  constructor(
    private readonly limit: number,
    private readonly log: Logger,
  ) {
    // Each request of each copy listens for it.
    setMaxListeners(0, this.#abort.signal);
  }

  /** Aborts when a drain has waited long enough. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isFull(): boolean {
    return this.#running.size - this.#uncounted >= this.limit;
  }

  /** What `work` rejects with has nobody else to tell and is logged. Whoever cannot go on beyond the limit awaits the end. */
  start(what: string, work: () => Promise<unknown>): Promise<void> {
    return this.#run(what, work, () => undefined);
  }

  /** Work that is bounded by whoever begins it, and leaves the limit to others. */
  startUncounted(what: string, work: () => Promise<unknown>): Promise<void> {
    this.#uncounted += 1;
    return this.#run(what, work, () => {
      this.#uncounted -= 1;
    });
  }

  #run(what: string, work: () => Promise<unknown>, ended: () => void): Promise<void> {
    const end = () => {
      this.#running.delete(running);
      ended();
    };
    const running: Promise<void> = work().then(end, (error: unknown) => {
      this.log.error({ err: error, work: what }, 'background work failed');
      end();
    });
    this.#running.add(running);
    return running;
  }

  /** Resolves when all work has ended; aborts what is left when `signal` does. */
  async drain(signal: AbortSignal): Promise<void> {
    const abort = () => this.#abort.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    while (this.#running.size > 0) await Promise.all(this.#running);
    signal.removeEventListener('abort', abort);
  }
}

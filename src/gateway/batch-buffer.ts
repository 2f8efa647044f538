import { randomUUID } from 'node:crypto';
import type { Clock } from '../system/clock.js';

/** How often what was gathered is stored, ms. */
const STORE_MS = 5_000;
/** Attempts of a drain to reach the state. */
const DRAIN_ATTEMPTS = 2;

export interface BatchBufferOptions<B> {
  /** Stores a batch, once for each id, however often it is called. */
  readonly store: (batch: B, id: string) => Promise<void>;
  /** Told that a batch is not stored yet. */
  readonly late: (error: unknown) => void;
  readonly clock: Clock;
}

/**
 * Gathers what is stored in batches, so that nobody waits for the state. While that is out of reach the batch grows, so it has to have a bound; a gateway that is killed loses what
 * it gathered in the last seconds.
 */
export class BatchBuffer<B> {
  #batch: B | undefined;
  #timer: { cancel(): void } | undefined;
  #storing: Promise<void> = Promise.resolve();
  /** What may have been stored, and will be stored again under the same id. */
  #unanswered: { readonly batch: B; readonly id: string } | undefined;

  constructor(private readonly options: BatchBufferOptions<B>) {}

  /** @param grown the batch with what is new, of the one that is gathered; undefined when there is none yet */
  add(grown: (batch: B | undefined) => B): void {
    this.#batch = grown(this.#batch);
    this.#timer ??= this.options.clock.after(STORE_MS, () => this.#storeNow());
  }

  /** Resolves when all is stored, or could not be. */
  async drain(): Promise<void> {
    for (let attempts = 0; attempts < DRAIN_ATTEMPTS; attempts += 1) {
      this.#timer?.cancel();
      this.#storeNow();
      await this.#storing;
      if (this.#timer === undefined) return;
    }
    this.#timer?.cancel();
  }

  #storeNow(): void {
    this.#timer = undefined;
    this.#storing = this.#storing.then(() => this.#store());
  }

  async #store(): Promise<void> {
    const { store, late, clock } = this.options;
    try {
      for (let next = this.#next(); next; next = this.#next()) {
        await store(next.batch, next.id);
        this.#unanswered = undefined;
      }
    } catch (error) {
      late(error);
      this.#timer ??= clock.after(STORE_MS, () => this.#storeNow());
    }
  }

  #next() {
    if (!this.#unanswered && this.#batch !== undefined) {
      this.#unanswered = { batch: this.#batch, id: randomUUID() };
      this.#batch = undefined;
    }
    return this.#unanswered;
  }
}

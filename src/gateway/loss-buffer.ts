import { randomUUID } from 'node:crypto';
import type { Loss, LossLog } from '../shadow/copying/loss.js';
import { added, type CopyLosses, type LossBatch, type LostOf, NEWEST_LOSSES } from '../state/copy-losses.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';

/** How often what was noted is stored, ms. */
const STORE_MS = 5_000;
/** Attempts of a drain to reach the state. */
const DRAIN_ATTEMPTS = 2;

interface PendingBatch extends LossBatch {
  readonly id: string;
}

export interface LossBufferOptions {
  readonly store: Pick<CopyLosses, 'add'>;
  readonly bucketId: string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * Gathers what the copies of one bucket lost and stores it in batches, so that a copy waits for no state. While the state is out of reach the counts go on, and
 * the newest are kept; a gateway that is killed loses those of the last seconds.
 */
export class LossBuffer implements LossLog {
  #batch = emptyBatch();
  #timer: { cancel(): void } | undefined;
  #storing: Promise<void> = Promise.resolve();
  /** What may have been stored, and will be stored again under the same id. */
  #unanswered: PendingBatch | undefined;

  constructor(private readonly options: LossBufferOptions) {}

  note(key: string, losses: readonly Loss[]): void {
    const at = this.options.clock.now();
    const newest: LostOf[] = losses.map(({ what, reason }) => ({ key, what, reason, at }));
    const counts = losses.map(({ what, reason }) => ({ what, reason, count: 1 }));
    this.#batch = {
      id: this.#batch.id,
      counts: added(this.#batch.counts, counts),
      newest: [...this.#batch.newest, ...newest].slice(-NEWEST_LOSSES),
    };
    this.#timer ??= this.options.clock.after(STORE_MS, () => this.#storeNow());
  }

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
    const { store, bucketId, clock, log } = this.options;
    try {
      while (this.#unanswered || this.#batch.counts.length > 0) {
        this.#unanswered ??= this.#taken();
        const { id, ...batch } = this.#unanswered;
        await store.add(bucketId, batch, id);
        this.#unanswered = undefined;
      }
    } catch (error) {
      log.warn({ err: error, bucketId }, 'what copies lost is not stored yet');
      this.#timer ??= clock.after(STORE_MS, () => this.#storeNow());
    }
  }

  #taken(): PendingBatch {
    const batch = this.#batch;
    this.#batch = emptyBatch();
    return batch;
  }
}

const emptyBatch = (): PendingBatch => ({ id: randomUUID(), counts: [], newest: [] });

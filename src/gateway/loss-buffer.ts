import type { Loss, LossLog } from '../shadow/copying/loss.js';
import { added, type CopyLosses, type LossBatch, type LostOf, NEWEST_LOSSES } from '../state/copy-losses.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import { BatchBuffer } from './batch-buffer.js';

export interface LossBufferOptions {
  readonly store: Pick<CopyLosses, 'add'>;
  readonly bucketId: string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
}

const NOTHING: LossBatch = { counts: [], newest: [] };

/** Gathers what the copies of one bucket lost: all counts, and the newest. */
export class LossBuffer implements LossLog {
  readonly #buffer: BatchBuffer<LossBatch>;

  constructor(private readonly options: LossBufferOptions) {
    const { store, bucketId, clock, log } = options;
    this.#buffer = new BatchBuffer({
      store: (batch, id) => store.add(bucketId, batch, id),
      late: (error) => log.warn({ err: error, bucketId }, 'what copies lost is not stored yet'),
      clock,
    });
  }

  note(key: string, losses: readonly Loss[]): void {
    const at = this.options.clock.now();
    const newest: LostOf[] = losses.map(({ what, reason }) => ({ key, what, reason, at }));
    const counts = losses.map(({ what, reason }) => ({ what, reason, count: 1 }));
    this.#buffer.add((batch = NOTHING) => ({
      counts: added(batch.counts, counts),
      newest: [...batch.newest, ...newest].slice(-NEWEST_LOSSES),
    }));
  }

  drain(): Promise<void> {
    return this.#buffer.drain();
  }
}

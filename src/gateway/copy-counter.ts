import type { CopyLog } from '../shadow/copying/copy-log.js';
import { type CopyCount, type CopyCounts, NO_COPIES } from '../state/copy-counts.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import { BatchBuffer } from './batch-buffer.js';

export interface CopyCounterOptions {
  readonly store: Pick<CopyCounts, 'add'>;
  readonly bucketId: string;
  /** When the shadow was set whose objects are copied. */
  readonly since: string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
}

/** Counts the copies that clients' reads of one bucket have made. */
export class CopyCounter implements CopyLog {
  readonly #buffer: BatchBuffer<CopyCount>;

  constructor({ store, bucketId, since, clock, log }: CopyCounterOptions) {
    this.#buffer = new BatchBuffer({
      store: (batch, id) => store.add(bucketId, since, { ...batch, id }),
      late: (error) => log.warn({ err: error, bucketId }, 'how much reads have copied is not stored yet'),
      clock,
    });
  }

  note(bytes: number): void {
    this.#buffer.add((batch = NO_COPIES) => ({ objects: batch.objects + 1, bytes: batch.bytes + bytes }));
  }

  drain(): Promise<void> {
    return this.#buffer.drain();
  }
}

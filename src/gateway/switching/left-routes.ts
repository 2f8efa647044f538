import type { BucketRecord } from '../../state/buckets.js';
import type { Logger } from '../../system/logger.js';
import type { BucketRoute } from '../bucket-route.js';

interface Leaving {
  readonly record: BucketRecord;
  readonly done: Promise<void>;
  isQuiet: boolean;
}

export interface LeftRoutesOptions {
  readonly log: Pick<Logger, 'error'>;
  /** Called back when less is under way on a route that was left. */
  readonly onProgress: () => void;
}

/** The routes on which requests end that were there before the route was changed. */
export class LeftRoutes {
  readonly #leaving = new Set<Leaving>();
  readonly #hurry = new AbortController();

  constructor(private readonly options: LeftRoutesOptions) {}

  leave(route: BucketRoute): void {
    const { quiet, done } = route.retire(this.#hurry.signal);
    const leaving: Leaving = { record: route.record, isQuiet: false, done: this.#told(route, done) };
    this.#leaving.add(leaving);
    const { onProgress } = this.options;
    const quieted = () => {
      leaving.isQuiet = true;
      onProgress();
    };
    quiet.then(quieted, quieted);
    leaving.done.then(() => {
      this.#leaving.delete(leaving);
      onProgress();
    });
  }

  /**
   * Whether nothing is under way that was begun in an older epoch of the bucket. While a shadow is being opened, writes without conditions
   * may go on: they have begun on the target alone and end there, and reads of what only the shadow has must not wait for a long one.
   */
  haveEndedBefore({ id, epoch, shadow }: BucketRecord): boolean {
    const isOpening = shadow?.rung === 'opening';
    for (const { record, isQuiet } of this.#leaving) {
      if (record.id === id && record.epoch < epoch && !(isOpening && isQuiet)) return false;
    }
    return true;
  }

  /** Resolves when nothing is under way any more; copies are aborted when `signal` aborts. */
  async ended(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#hurry.abort(), { once: true });
    if (signal.aborted) this.#hurry.abort();
    while (this.#leaving.size > 0) await Promise.all([...this.#leaving].map(({ done }) => done));
  }

  #told({ record }: BucketRoute, done: Promise<void>): Promise<void> {
    return done.catch((error: unknown) =>
      this.options.log.error({ err: error, bucket: record.name }, 'closing a route failed'),
    );
  }
}

import { setMaxListeners } from 'node:events';
import type { BucketRecord } from '../../state/buckets.js';
import type { Logger } from '../../system/logger.js';
import type { BucketRoute } from '../bucket-route.js';

interface Leaving {
  readonly record: BucketRecord;
  readonly closed: Promise<void>;
  readonly mayApply: () => boolean;
  underWay: 'all' | 'plain writes' | 'nothing';
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

  constructor(private readonly options: LeftRoutesOptions) {
    // Every route that is being left listens for it.
    setMaxListeners(0, this.#hurry.signal);
  }

  leave(route: BucketRoute): void {
    const { quiet, ended, closed, mayApply } = route.retire(this.#hurry.signal);
    const leaving: Leaving = {
      record: route.record,
      mayApply,
      underWay: 'all',
      closed: closed.catch((error: unknown) => this.#tell(error, route)),
    };
    this.#leaving.add(leaving);
    this.#follow(quiet, () => {
      // Each waits by itself, so that all may have ended before it is told that only plain writes are left.
      if (leaving.underWay === 'all') leaving.underWay = 'plain writes';
    });
    this.#follow(ended, () => {
      leaving.underWay = 'nothing';
    });
    void Promise.allSettled([ended, leaving.closed]).then(() => this.#leaving.delete(leaving));
  }

  /**
   * Whether nothing is under way that was begun in an older epoch of the bucket. While a shadow is being opened, writes without conditions
   * may go on: they have begun on the target alone and end there, and reads of what only the shadow has must not wait for a long one.
   */
  haveEndedBefore({ id, epoch, shadow }: BucketRecord): boolean {
    const allowed = shadow?.rung === 'opening' ? ['plain writes', 'nothing'] : ['nothing'];
    for (const { record, underWay } of this.#leaving) {
      if (record.id === id && record.epoch < epoch && !allowed.includes(underWay)) return false;
    }
    return true;
  }

  /** Resolves when all is closed, to whether something may still apply; copies are aborted when `signal` aborts. */
  async closed(signal: AbortSignal): Promise<boolean> {
    signal.addEventListener('abort', () => this.#hurry.abort(), { once: true });
    if (signal.aborted) this.#hurry.abort();
    const leaving = [...this.#leaving];
    await Promise.all(leaving.map(({ closed }) => closed));
    return signal.aborted || leaving.some(({ mayApply }) => mayApply());
  }

  /** What fails is told when the route is closed; until then it counts as under way. */
  #follow(promise: Promise<void>, progress: () => void): void {
    promise.then(
      () => {
        progress();
        this.options.onProgress();
      },
      () => undefined,
    );
  }

  #tell(error: unknown, { record }: BucketRoute): void {
    this.options.log.error({ err: error, bucket: record.name }, 'closing a route failed');
  }
}

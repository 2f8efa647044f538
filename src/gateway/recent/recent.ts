import { seesShadow } from '../../shadow/rungs.js';
import type { BucketRecord } from '../../state/buckets.js';
import { KvUnavailable } from '../../state/kv.js';
import type { Clock } from '../../system/clock.js';
import type { Logger } from '../../system/logger.js';
import { OTHER } from '../metrics/bounded-names.js';
import type { Meters } from '../metrics/meters.js';
import { BucketHistory, type Copied, combinedPoints, type Point } from './bucket-history.js';
import { type SeenStore, StoreWatch } from './store-health.js';

/** What one process has seen lately, or several as one. */
export interface Recent {
  readonly processes: number;
  readonly stores: readonly SeenStore[];
  /** Of the bucket that was asked for, by time; none of one that is not moving. */
  readonly points: readonly Point[];
}

export interface RecentWish {
  /** `historyOf` its record. */
  readonly history?: string | undefined;
}

export interface RecentOptions {
  readonly meters: Pick<Meters, 'buckets' | 'requests' | 'backends' | 'breakers'>;
  readonly buckets: () => readonly BucketRecord[];
  readonly copied: (record: BucketRecord) => Promise<Copied>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'error'>;
}

/** Between two looks, ms. Processes look at the same times. */
const STEP_MS = 5_000;
const EARLY_MS = 100;
/** Buckets that are looked at: those beyond share what they are counted under. */
const MAX_BUCKETS = 100;

/** Looks every 5 s at what is counted anyway, and remembers the last ten minutes. */
export class RecentMeters {
  readonly #stores = new Map<string, StoreWatch>();
  readonly #histories = new Map<string, BucketHistory>();
  #timer: { cancel(): void } | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;
  #lookedAt = 0;

  constructor(private readonly options: RecentOptions) {}

  start(): void {
    const { clock } = this.options;
    if (this.#isClosed) return;
    this.#timer = clock.after(STEP_MS - (clock.now() % STEP_MS), () => {
      this.#looking = this.#look().then(() => this.start());
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  read({ history }: RecentWish): Recent {
    const breakers = [...this.options.meters.breakers.states()].filter(({ backend }) => backend !== OTHER);
    const names = new Set([...this.#stores.keys(), ...breakers.map(({ backend }) => backend)]);
    const stores = [...names].map((name) => ({
      name,
      ...(this.#stores.get(name)?.seen ?? { firstByte: [] }),
      breakers: breakers
        .filter(({ backend }) => backend === name)
        .map(({ bucket, isOpen }) => ({ bucket, isOpen })),
    }));
    return { processes: 1, stores, points: this.#histories.get(history ?? '')?.points ?? [] };
  }

  async #look(): Promise<void> {
    const at = stepOf(this.options.clock.now());
    if (at === this.#lookedAt) return;
    this.#lookedAt = at;
    try {
      this.#lookAtStores(at);
      await this.#lookAtBuckets(at);
    } catch (error) {
      // Then a point is missing, and the next one tells of a longer time.
      if (!(error instanceof KvUnavailable))
        this.options.log.error({ err: error }, 'what happened lately could not be looked at');
    }
  }

  #lookAtStores(at: number): void {
    for (const [name, figures] of this.options.meters.backends.figures()) {
      if (name === OTHER) continue;
      const watch = this.#stores.get(name) ?? new StoreWatch();
      this.#stores.set(name, watch);
      watch.look(figures, at);
    }
  }

  async #lookAtBuckets(at: number): Promise<void> {
    const { buckets, meters, copied } = this.options;
    const moving = buckets().filter(isMoving).slice(0, MAX_BUCKETS);
    const known = new Set(moving.map(historyOf));
    for (const name of this.#histories.keys()) if (!known.has(name)) this.#histories.delete(name);
    const reads = meters.requests.reads();
    for (const record of moving) {
      const name = historyOf(record);
      const label = meters.buckets.labelOf(record.name);
      if (this.#isClosed) return;
      const history = this.#histories.get(name) ?? new BucketHistory();
      const told = await copied(record);
      history.add(at, told, label === OTHER ? undefined : reads.get(label));
      this.#histories.set(name, history);
    }
  }
}

/** The one that begins, or began last: a timer may be a moment early, and late by any time. */
const stepOf = (now: number): number => Math.floor((now + EARLY_MS) / STEP_MS) * STEP_MS;

const isMoving = ({ shadow }: BucketRecord): boolean => shadow !== null && seesShadow(shadow);

/** What a bucket's history is known by: with another shadow it is another one. */
export const historyOf = ({ id, shadow }: Pick<BucketRecord, 'id' | 'shadow'>): string =>
  `${id} ${shadow?.since ?? ''}`;

/** What several processes have seen, as one. */
export const combinedRecent = (read: readonly Recent[]): Recent => ({
  processes: read.reduce((sum, { processes }) => sum + processes, 0),
  stores: read.flatMap(({ stores }) => stores),
  points: combinedPoints(read.map(({ points }) => points)),
});

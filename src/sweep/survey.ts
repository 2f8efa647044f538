import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import { BackendUnavailable } from '../backends/backend.js';
import { ListingRefused } from '../shadow/listing/store-page.js';
import type { Clock } from '../system/clock.js';
import type { Row } from './row.js';
import { type MovingBucket, rowsOf } from './rows.js';

/** How far a bucket is, by the listings of both sides. Deleted keys that the shadow still has count nowhere. */
export interface Survey {
  readonly objectsTotal: number;
  readonly objectsDone: number;
  /** Bytes, as all sizes here. */
  readonly bytesTotal: number;
  readonly bytesDone: number;
  /** Keys that only the shadow has. */
  readonly remaining: number;
  /** Some of them, in key order. */
  readonly firstRemaining: readonly string[];
  /** Keys that both have, the shadow another object than was copied; 0 where nobody looked. */
  readonly drifted: number;
  /** Some of them. */
  readonly firstDrifted: readonly string[];
  /** False when the walk did not come to its end: the numbers are then lower bounds. */
  readonly exact: boolean;
  /** Why it did not, unless it was for time. */
  readonly problem?: string;
}

export interface SurveyOptions {
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** Whether the shadow's object was changed after it was copied; asked of each key that both have. */
  readonly isDrifted?: (row: Row, signal: AbortSignal) => Promise<boolean>;
}

const NAMED = 10;
/** Keys that are asked about at once. */
const AT_ONCE = 16;

/**
 * Walks both listings for at most `deadlineMs`. A store that cannot be listed is a finding, not a failure.
 *
 * @throws KvUnavailable
 */
export async function survey(bucket: MovingBucket, options: SurveyOptions): Promise<Survey> {
  const { deadlineMs, clock } = options;
  const over = clock.now() + deadlineMs;
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const timer = clock.after(deadlineMs, () => stop.abort());
  const count = new Count(options, stop.signal);
  try {
    for await (const row of rowsOf(bucket, {}, stop.signal)) {
      if (clock.now() > over) return count.survey({ exact: false });
      await count.add(row);
    }
    await count.ended();
    return count.survey({ exact: true });
  } catch (error) {
    if (stop.signal.aborted) return count.survey({ exact: false });
    if (!(error instanceof ListingRefused || error instanceof BackendUnavailable)) throw error;
    return count.survey({ exact: false, problem: error.message });
  } finally {
    timer.cancel();
    stop.abort();
  }
}

class Count {
  #seen = { objectsTotal: 0, objectsDone: 0, bytesTotal: 0, bytesDone: 0, remaining: 0, drifted: 0 };
  readonly #firstRemaining: string[] = [];
  readonly #firstDrifted: string[] = [];
  readonly #limit = pLimit(AT_ONCE);
  readonly #asked = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;

  constructor(
    private readonly options: SurveyOptions,
    private readonly signal: AbortSignal,
  ) {}

  async add(row: Row): Promise<void> {
    const { key, source, target, isDeleted } = row;
    if (!source || isDeleted) return;
    const seen = this.#seen;
    seen.objectsTotal += 1;
    seen.bytesTotal += source.size;
    if (target) {
      seen.objectsDone += 1;
      seen.bytesDone += source.size;
      await this.#ask(row);
    } else {
      seen.remaining += 1;
      if (this.#firstRemaining.length < NAMED) this.#firstRemaining.push(key);
    }
  }

  /** Resolves when all that was asked is answered. @throws what an answer failed with */
  async ended(): Promise<void> {
    await Promise.all(this.#asked);
    if (this.#failure) throw this.#failure.error;
  }

  survey(end: Pick<Survey, 'exact' | 'problem'>): Survey {
    return { ...this.#seen, firstRemaining: this.#firstRemaining, firstDrifted: this.#firstDrifted, ...end };
  }

  async #ask(row: Row): Promise<void> {
    const { isDrifted } = this.options;
    if (!isDrifted) return;
    const asked: Promise<void> = this.#limit(() => isDrifted(row, this.signal))
      .then(
        (isSo) => isSo && this.#note(row.key),
        (error: unknown) => {
          this.#failure ??= { error };
        },
      )
      .then(() => void this.#asked.delete(asked));
    this.#asked.add(asked);
    while (this.#asked.size > 4 * AT_ONCE) await Promise.race(this.#asked);
  }

  #note(key: string): void {
    this.#seen.drifted += 1;
    if (this.#firstDrifted.length < NAMED) this.#firstDrifted.push(key);
  }
}

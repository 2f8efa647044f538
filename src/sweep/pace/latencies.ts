import type { OperationName } from '../../s3/operations.js';
import type { Clock } from '../../system/clock.js';

/** Operations whose answer begins after like times, whatever the object: listings, copies in a store and the like take as long as they are large. */
const COMPARABLE: ReadonlySet<OperationName> = new Set<OperationName>([
  'GetObject',
  'HeadObject',
  'PutObject',
  'UploadPart',
]);

/** The best counts for so many milliseconds, and up to twice as long. */
const LATELY_MS = 60_000;
/** The weight of the newest in the moving average. */
const WEIGHT = 0.1;
/** A store bears what makes it answer so many times, and so many milliseconds, slower than it did at its best. */
const TIMES_SLOWER = 3;
const MS_SLOWER = 50;
const LEAST = 0.5;

/** What one operation took, in milliseconds. */
interface Seen {
  average: number;
  best: number;
  bestBefore: number;
  /** When `best` began. */
  since: number;
}

/**
 * How long a store lately took to begin its answers, and how long at its best: the gradient of Netflix' concurrency limits
 * (Netflix/concurrency-limits, Gradient2Limit), by operation.
 */
export class Latencies {
  readonly #seen = new Map<OperationName, Seen>();

  constructor(private readonly clock: Clock) {}

  /**
   * Notes one answer.
   *
   * @returns by what the concurrency is to be multiplied for latency to hold: 1, or less down to a half
   */
  note(operation: OperationName, ms: number): number {
    if (!COMPARABLE.has(operation)) return 1;
    const seen = this.#current(operation, ms);
    seen.average += WEIGHT * (ms - seen.average);
    seen.best = Math.min(seen.best, ms);
    const borne = TIMES_SLOWER * Math.min(seen.best, seen.bestBefore) + MS_SLOWER;
    return Math.max(LEAST, Math.min(1, borne / seen.average));
  }

  #current(operation: OperationName, ms: number): Seen {
    const now = this.clock.now();
    const seen = this.#seen.get(operation);
    if (seen && now - seen.since < LATELY_MS) return seen;
    const isRecent = seen && now - seen.since < 2 * LATELY_MS;
    const begun = {
      average: seen?.average ?? ms,
      best: ms,
      bestBefore: isRecent ? seen.best : ms,
      since: now,
    };
    this.#seen.set(operation, begun);
    return begun;
  }
}

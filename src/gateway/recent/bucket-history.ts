import type { CopyCount } from '../../state/copy-counts.js';
import { NO_READS, type Reads } from '../metrics/requests.js';

/** What was brought over of a bucket until now, by all processes together. */
export interface Copied {
  /** Of the sweep: another one counts anew. */
  readonly run: string | null;
  readonly sweep: CopyCount;
  readonly reads: CopyCount;
}

/** A bucket at one time, Unix ms. */
export interface Point extends Copied {
  readonly at: number;
  /** What clients read in this process since the point before. */
  readonly served: Reads;
}

/** Ten minutes of looks. */
const MOST = 120;

/** The last looks at one bucket. */
export class BucketHistory {
  readonly points: Point[] = [];
  #counted: Reads | undefined;

  /** @param reads all that were counted until now */
  add(at: number, copied: Copied, reads: Reads = NO_READS): void {
    this.points.push({ at, ...copied, served: without(reads, this.#counted ?? reads) });
    if (this.points.length > MOST) this.points.shift();
    this.#counted = reads;
  }
}

/**
 * The looks of several processes as those of one: what was brought over is of all of them in each, so it is told by the one that has looked longest; what they served is
 * summed up, each look into the next one of that process.
 */
export function combinedPoints(histories: readonly (readonly Point[])[]): readonly Point[] {
  const [longest = [], ...others] = [...histories].sort((one, other) => other.length - one.length);
  const served = longest.map((point) => point.served);
  const begin = longest[0]?.at ?? 0;
  for (const point of others.flat().filter(({ at }) => at >= begin)) {
    const index = longest.findIndex(({ at }) => at >= point.at);
    const sum = served[index];
    if (sum) served[index] = plus(sum, point.served);
  }
  return longest.map((point, index) => ({ ...point, served: served[index] ?? NO_READS }));
}

const without = (all: Reads, before: Reads): Reads => ({
  target: all.target - before.target,
  shadow: all.shadow - before.shadow,
  none: all.none - before.none,
});

const plus = (one: Reads, other: Reads): Reads => ({
  target: one.target + other.target,
  shadow: one.shadow + other.shadow,
  none: one.none + other.none,
});

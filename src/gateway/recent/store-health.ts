import type { StoreFigures } from '../metrics/backends.js';
import type { BreakerState } from '../metrics/breakers.js';
import { BOUNDS } from '../metrics/cells.js';

export interface StoreFailure {
  readonly at: number;
  /** `connect`, `timeout` or `reset`. */
  readonly reason: string;
}

/** What one process has seen of a store. Times are Unix ms, of the look that has seen it. */
export interface SeenStore {
  readonly name: string;
  readonly answeredAt?: number | undefined;
  /** Since when it has answered, whatever else it left without an answer. */
  readonly upSince?: number | undefined;
  /** Since when it has answered nothing of what it was asked, and when that was seen last, now or before. */
  readonly downSince?: number | undefined;
  readonly downAt?: number | undefined;
  readonly failure?: StoreFailure | undefined;
  /** GETs and HEADs of objects lately, by how long the header of the answer took, as `Spread` counts them. */
  readonly firstByte: readonly number[];
  readonly breakers: readonly Omit<BreakerState, 'backend'>[];
}

/** Looks that the latencies of are told. */
const LOOKS = 120;

/** Follows what is counted of one store. */
export class StoreWatch {
  #last: StoreFigures = { answered: 0, unanswered: new Map(), firstByte: [] };
  readonly #firstBytes: (readonly number[])[] = [[]];
  #seen: Omit<SeenStore, 'name' | 'firstByte' | 'breakers'> = {};

  look(figures: StoreFigures, at: number): void {
    const hasAnswered = figures.answered > this.#last.answered;
    const reason = [...figures.unanswered].find(
      ([reason, count]) => count > (this.#last.unanswered.get(reason) ?? 0),
    )?.[0];
    const { upSince = at, downSince = at } = this.#seen;
    if (reason !== undefined) this.#seen = { ...this.#seen, failure: { at, reason } };
    if (hasAnswered) this.#seen = { ...this.#seen, answeredAt: at, upSince, downSince: undefined };
    else if (reason !== undefined) this.#seen = { ...this.#seen, upSince: undefined, downSince, downAt: at };
    this.#last = figures;
    this.#firstBytes.push(figures.firstByte);
    if (this.#firstBytes.length > LOOKS + 1) this.#firstBytes.shift();
  }

  get seen(): Omit<SeenStore, 'name' | 'breakers'> {
    const [first = []] = this.#firstBytes;
    return {
      ...this.#seen,
      firstByte: this.#last.firstByte.map((count, bound) => count - (first[bound] ?? 0)),
    };
  }
}

export interface StoreHealth {
  readonly name: string;
  /** Whether it answered when it was asked last; undefined where that never was. */
  readonly isReachable: boolean | undefined;
  readonly since: number | undefined;
  readonly answeredAt: number | undefined;
  readonly failure: StoreFailure | undefined;
  readonly firstByte: { readonly count: number; readonly p50Ms: number; readonly p99Ms: number } | undefined;
  readonly breakers: readonly Omit<BreakerState, 'backend'>[];
}

/** What several processes have seen of stores, as one: each store once, by name. */
export function healthOf(seen: readonly SeenStore[]): StoreHealth[] {
  const names = [...new Set(seen.map(({ name }) => name))].sort();
  return names.map((name) =>
    healthOfOne(
      name,
      seen.filter((one) => one.name === name),
    ),
  );
}

function healthOfOne(name: string, seen: readonly SeenStore[]): StoreHealth {
  const answeredAt = latest(seen.map((one) => one.answeredAt));
  const downAt = latest(seen.map((one) => one.downAt));
  const failure = seen.flatMap((one) => one.failure ?? []).sort((one, other) => other.at - one.at)[0];
  const isReachable =
    answeredAt === undefined && downAt === undefined ? undefined : (answeredAt ?? 0) >= (downAt ?? 0);
  // What one process saw before another saw the opposite is over.
  const since = isReachable
    ? (earliest(
        seen.map((one) => one.upSince),
        downAt,
      ) ?? answeredAt)
    : (earliest(
        seen.map((one) => one.downSince),
        answeredAt,
      ) ?? downAt);
  return {
    name,
    isReachable,
    since,
    answeredAt,
    failure,
    firstByte: firstByteOf(seen),
    breakers: breakersOf(seen),
  };
}

const given = (times: readonly (number | undefined)[]): number[] => times.flatMap((time) => time ?? []);

function latest(times: readonly (number | undefined)[]): number | undefined {
  const all = given(times);
  return all.length === 0 ? undefined : Math.max(...all);
}

function earliest(times: readonly (number | undefined)[], after = 0): number | undefined {
  const later = given(times).filter((time) => time > after);
  return later.length === 0 ? undefined : Math.min(...later);
}

/** Open where any process has it so. */
function breakersOf(seen: readonly SeenStore[]): StoreHealth['breakers'] {
  const open = new Map<string, boolean>();
  for (const { bucket, isOpen } of seen.flatMap(({ breakers }) => breakers))
    open.set(bucket, isOpen || (open.get(bucket) ?? false));
  return [...open].map(([bucket, isOpen]) => ({ bucket, isOpen }));
}

function firstByteOf(seen: readonly SeenStore[]): StoreHealth['firstByte'] {
  const counts = [...BOUNDS, Number.POSITIVE_INFINITY].map((_, bound) =>
    seen.reduce((sum, { firstByte }) => sum + (firstByte[bound] ?? 0), 0),
  );
  const count = counts.reduce((sum, one) => sum + one, 0);
  return count === 0
    ? undefined
    : { count, p50Ms: quantileMs(counts, 0.5 * count), p99Ms: quantileMs(counts, 0.99 * count) };
}

/** Even between two bounds, and the last bound for all beyond it (Prometheus, `histogram_quantile`). */
function quantileMs(counts: readonly number[], rank: number): number {
  let before = 0;
  for (const [index, upTo] of BOUNDS.entries()) {
    const within = counts[index] ?? 0;
    const from = BOUNDS[index - 1] ?? 0;
    if (before + within >= rank) return (from + ((upTo - from) * (rank - before)) / within) * 1_000;
    before += within;
  }
  return (BOUNDS.at(-1) ?? 0) * 1_000;
}

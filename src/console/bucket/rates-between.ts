import type { HistoryPoint } from '../api/buckets.js';

/** What happened to a bucket between two looks at it. */
export interface Rates {
  /** As its reader writes it. */
  readonly time: string;
  /** Objects per second. */
  readonly 'Sweep objects': number;
  readonly 'Read objects': number;
  /** Megabytes per second. */
  readonly 'Sweep MB': number;
  readonly 'Read MB': number;
  /** Percent of the reads that found an object; null where there were none. */
  readonly 'Served by the target': number | null;
}

type Sum = HistoryPoint['sweep'];

/** Of a sweep that has begun anew since the first look all that it copied counts. */
export function ratesBetween(before: HistoryPoint, now: HistoryPoint): Rates {
  const seconds = (Date.parse(now.at) - Date.parse(before.at)) / 1_000;
  const nothing = { objects: 0, bytes: 0 };
  const swept = perSecond(before.run === now.run ? before.sweep : nothing, now.sweep, seconds);
  const read = perSecond(before.reads, now.reads, seconds);
  return {
    time: new Date(now.at).toLocaleTimeString(),
    'Sweep objects': swept.objects,
    'Read objects': read.objects,
    'Sweep MB': swept.megabytes,
    'Read MB': read.megabytes,
    'Served by the target': shareOfTarget([now]),
  };
}

/** The percentage of reads that found an object which the target has answered; null where there were none. */
export function shareOfTarget(points: readonly Pick<HistoryPoint, 'served'>[]): number | null {
  const target = points.reduce((sum, { served }) => sum + served.target, 0);
  const found = points.reduce((sum, { served }) => sum + served.shadow, target);
  return found === 0 ? null : Math.round((1_000 * target) / found) / 10;
}

const perSecond = (before: Sum, now: Sum, seconds: number) => ({
  objects: rounded(Math.max(0, now.objects - before.objects) / seconds),
  megabytes: rounded(Math.max(0, now.bytes - before.bytes) / seconds / 1e6),
});

const rounded = (value: number): number => Math.round(value * 100) / 100;

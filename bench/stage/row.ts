import type { Figure, Rounds } from './contest.js';

/** What a measure has to come to, as a multiple of its baseline or, without one, in its unit; `atMostMore`: beyond its baseline, in its unit. */
export type Limit =
  | { readonly atMost: number }
  | { readonly atLeast: number }
  | { readonly atMostMore: number };

/** One line of the table: a number of ours beside that of a baseline in the same run. */
export interface Row {
  readonly measure: string;
  readonly unit: string;
  /** One for each round. */
  readonly ours: readonly number[];
  readonly baseline?: { readonly name: string; readonly values: readonly number[] };
  readonly limit?: Limit;
}

const UNITS: Readonly<Record<Figure, string>> = {
  requestsPerSecond: 'requests/s',
  mebibytesPerSecond: 'MiB/s',
  cpuPerRequest: 'us of CPU',
  cpuPerGibibyte: 'ms of CPU per GiB',
  p50Ms: 'ms (p50)',
  p99Ms: 'ms (p99)',
  peakMiB: 'MiB of memory',
};

export interface Compared {
  readonly ours: Rounds;
  readonly baseline: readonly [name: string, rounds: Rounds];
  readonly limit?: Limit;
}

/** A figure of two contestants. */
export function compared(
  measure: string,
  figure: Figure,
  { ours, baseline: [name, baseline], limit }: Compared,
): Row {
  return {
    measure,
    unit: UNITS[figure],
    ours: ours[figure],
    baseline: { name, values: baseline[figure] },
    ...(limit && { limit }),
  };
}

/** The median of what each round came to beside the baseline's in the same round; without a baseline of the numbers themselves. */
export function resultOf({ ours, baseline, limit }: Row): number {
  if (!baseline) return median(ours);
  const beside = (value: number, other: number) =>
    limit && 'atMostMore' in limit ? value - other : value / other;
  return median(ours.map((value, round) => beside(value, baseline.values[round] ?? Number.NaN)));
}

/** Undefined where nothing is to be reached; with a `leniency` of 3 a third of what is to be reached will do. */
export function isReached(row: Row, leniency = 1): boolean | undefined {
  const { limit } = row;
  if (!limit) return undefined;
  if ('atLeast' in limit) return resultOf(row) >= limit.atLeast / leniency;
  return resultOf(row) <= ('atMost' in limit ? limit.atMost : limit.atMostMore) * leniency;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

const HEADER = ['measure', 'ours', 'baseline', 'ours beside it', 'to reach', ''];

/** The rows as a table in Markdown: medians, and the least and most of the rounds. */
export function tableOf(rows: readonly Row[]): string[] {
  const cells = [HEADER, ...rows.map(cellsOf)];
  const widths = HEADER.map((_, column) => Math.max(3, ...cells.map((line) => line[column]?.length ?? 0)));
  const line = (all: readonly string[]) =>
    `| ${all.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [header = HEADER, ...rest] = cells;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)];
}

function cellsOf(row: Row): string[] {
  const { measure, unit, ours, baseline, limit } = row;
  const reached = isReached(row);
  return [
    measure,
    `${spread(ours)} ${unit}`,
    baseline ? `${baseline.name}: ${spread(baseline.values)}` : '',
    baseline ? besideIt(row) : '',
    limit ? toReach(limit, baseline ? 'x' : ` ${unit}`) : '',
    reached === undefined ? '' : reached ? 'yes' : 'no',
  ];
}

function besideIt(row: Row): string {
  const result = short(resultOf(row));
  if (!row.limit || !('atMostMore' in row.limit)) return `${result}x`;
  return result.startsWith('-') ? result : `+${result}`;
}

function toReach(limit: Limit, unit: string): string {
  if ('atMostMore' in limit) return `<= +${limit.atMostMore}`;
  return 'atMost' in limit ? `<= ${limit.atMost}${unit}` : `>= ${limit.atLeast}${unit}`;
}

function spread(numbers: readonly number[]): string {
  const middle = short(median(numbers));
  return numbers.length < 2
    ? middle
    : `${middle} (${short(Math.min(...numbers))}-${short(Math.max(...numbers))})`;
}

/** Three digits, or all before the point. */
const short = (value: number): string =>
  value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));

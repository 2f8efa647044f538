import { MAX_PROBES, MAX_RANGES, planRanges } from '../src/sweep/plan/plan-ranges.js';
import type { KeyRange } from '../src/sweep/row.js';
import { indexAfter, type KeyShape, keyShapes } from './procedural/key-shapes.js';
import { proceduralStore } from './procedural/procedural-store.js';

const KEYS = 10_000_000;
const MANY = 1_000_000_000;
const PAGE = 1_000;
const RANGE_OBJECTS = 100_000;

interface Measured {
  readonly probes: number;
  readonly ranges: number;
  readonly seconds: number;
}

/** Plans 10^7 computed keys of every shape in about 100 ranges, and tells what that says of 10^9. */
export async function plan(): Promise<string[]> {
  const lines: string[] = [];
  const all: Measured[] = [];
  for (const shape of keyShapes(KEYS)) {
    const { line, ...measured } = await measure(shape);
    lines.push(line);
    all.push(measured);
  }
  return [...lines, extrapolated(all)];
}

async function measure(shape: KeyShape): Promise<Measured & { readonly line: string }> {
  const started = performance.now();
  const { signal } = new AbortController();
  const { ranges, objects, probes } = await planRanges(proceduralStore(shape).service, {
    prefix: '',
    signal,
    rangeObjects: RANGE_OBJECTS,
  });
  const seconds = (performance.now() - started) / 1000;
  const sizes = sizesOf(shape, ranges).sort((a, b) => a - b);
  const toMean = (size = 0) => ((size * ranges.length) / shape.count).toFixed(2);
  const line = [
    `${shape.name}: ${ranges.length} ranges by ${probes} list calls in ${seconds.toFixed(1)} s`,
    `(all pages: ${Math.ceil(shape.count / PAGE)})`,
    `estimate ${(objects / shape.count).toFixed(2)} of the truth`,
    `range to mean: largest ${toMean(sizes.at(-1))}, 95 of 100 below ${toMean(sizes[Math.floor(sizes.length * 0.95)])}`,
    `${sizes.filter((size) => size > (2 * shape.count) / ranges.length).length} above 2`,
  ].join(', ');
  return { line, probes, ranges: ranges.length, seconds };
}

const sizesOf = (shape: KeyShape, ranges: readonly KeyRange[]): number[] =>
  ranges.map(({ after, upTo }) => {
    const end = upTo === undefined ? shape.count : indexAfter(shape, upTo);
    return end - (after === undefined ? 0 : indexAfter(shape, after));
  });

/** As many ranges as there may be, each for as many probes as here. */
function extrapolated(all: readonly Measured[]): string {
  const perRange = all.map(({ probes, ranges }) => probes / ranges);
  const most = Math.min(MAX_PROBES, Math.ceil(Math.max(...perRange) * MAX_RANGES));
  const least = Math.min(MAX_PROBES, Math.ceil(Math.min(...perRange) * MAX_RANGES));
  const perProbe = Math.max(...all.map(({ probes, seconds }) => seconds / probes));
  const share = ((100 * most) / (MANY / PAGE)).toFixed(1);
  return `10^9 keys: ${MAX_RANGES} ranges by ${least} to ${most} list calls, at most ${share} % of all pages, at most ${(most * perProbe).toFixed(0)} s`;
}

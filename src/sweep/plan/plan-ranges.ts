import pLimit from 'p-limit';
import { compareKeys } from '../../s3/keys.js';
import type { S3Service } from '../../s3/message.js';
import { MAX_PAGE, readStorePage, type StorePage } from '../../shadow/listing/store-page.js';
import type { KeyRange } from '../row.js';
import { type Piece, type Sampled, sample } from './sampling.js';

export interface PlannedRange extends KeyRange {
  /** How many it is thought to have. */
  readonly objects: number;
}

/** How the keys of a bucket are cut into ranges to be worked on side by side. */
export interface Plan {
  /** In key order and without a hole: the first has no `after`, the last no `upTo`. A bound need not be a key. */
  readonly ranges: readonly PlannedRange[];
  readonly objects: number;
  /** 0 where there are no objects. */
  readonly meanBytes: number;
  /** How the numbers were found, in words. */
  readonly basis: string;
  /** False when the numbers are estimates. */
  readonly isExact: boolean;
  /** List calls that it took. */
  readonly probes: number;
}

export interface PlanOptions {
  /** Only keys that begin with it. */
  readonly prefix: string;
  readonly signal: AbortSignal;
  /** How many objects a range is to have; more where there would be too many ranges. */
  readonly rangeObjects?: number;
  readonly maxRanges?: number;
  /** List calls at most, but for some 60 that it begins with. */
  readonly maxProbes?: number;
  /** Asked again and again: once it is so, what is known by then has to do. */
  readonly isLate?: () => boolean;
}

/** Unless told otherwise. */
const RANGE_OBJECTS = 25_000;
export const MAX_RANGES = 4_096;
export const MAX_PROBES = 16_384;
const SIDE_BY_SIDE = 16;
/** So many are made before a bucket is thought to be small, and at most so many per range. */
const LEAST_PROBES = 256;
export const PROBES_PER_RANGE = 12;

/**
 * Cuts the keys with a prefix into ranges of like size, by probes of the listing and not by all of it.
 *
 * @throws ListingRefused, BackendUnavailable, the reason of the signal
 */
export async function planRanges(source: S3Service, options: PlanOptions): Promise<Plan> {
  const {
    prefix,
    signal,
    rangeObjects = RANGE_OBJECTS,
    maxRanges = MAX_RANGES,
    maxProbes = MAX_PROBES,
    isLate = () => false,
  } = options;
  const rangesOf = (objects: number) => Math.min(maxRanges, Math.max(1, Math.round(objects / rangeObjects)));
  const maxKeys = Math.min(MAX_PAGE, Math.max(1, Math.floor(rangeObjects / 16)));
  const sampled = await sample({
    prefix,
    range: {},
    probe: prober(source, { prefix, maxKeys, signal }),
    pageObjects: maxKeys,
    fineness: (objects) => objects / rangesOf(objects) / 2,
    budget: (objects) => (isLate() ? 0 : Math.min(maxProbes, PROBES_PER_RANGE * rangesOf(objects))),
    leastProbes: Math.min(maxProbes, LEAST_PROBES),
  });
  return planOf(sampled, rangesOf);
}

interface Probing {
  readonly prefix: string;
  readonly maxKeys: number;
  readonly signal: AbortSignal;
}

/** Reads pages, some at once; none any more once the signal has aborted. */
export function prober(
  source: S3Service,
  { prefix, maxKeys, signal }: Probing,
): (after: string | undefined) => Promise<StorePage> {
  const limit = pLimit(SIDE_BY_SIDE);
  return (after) =>
    limit(() => {
      signal.throwIfAborted();
      return readStorePage(source, { prefix, delimiter: '', after, maxKeys, signal });
    });
}

function planOf({ pieces, probes }: Sampled, rangesOf: (objects: number) => number): Plan {
  const objects = sumOf(pieces, 'objects');
  const isExact = pieces.every(({ span }) => span === undefined);
  const listed = sumOf(
    pieces.filter(({ span }) => span === undefined),
    'objects',
  );
  return {
    ranges: cutPieces(pieces, rangesOf(objects)),
    objects: Math.round(objects),
    meanBytes: objects === 0 ? 0 : sumOf(pieces, 'bytes') / objects,
    basis: isExact
      ? `listed, ${probes} list calls`
      : `estimated from ${probes} list calls, which saw ${listed} objects`,
    isExact,
    probes,
  };
}

export const sumOf = (pieces: readonly Piece[], count: 'objects' | 'bytes'): number =>
  pieces.reduce((sum, piece) => sum + piece[count], 0);

/** Cuts pieces into ranges of like size, in what was not listed at any name, in what was listed at its end. */
export function cutPieces(pieces: readonly Piece[], count: number): PlannedRange[] {
  const total = sumOf(pieces, 'objects');
  const bounds: { name: string; before: number }[] = [];
  let sum = 0;
  for (const piece of pieces) {
    for (let cut = Math.floor((sum * count) / total) + 1; cut < count; cut++) {
      const wanted = (cut * total) / count;
      if (sum + piece.objects < wanted) break;
      const bound = boundIn(piece, { wanted, sum });
      if (bound && isBehind(bound.name, bounds.at(-1)?.name)) bounds.push(bound);
    }
    sum += piece.objects;
  }
  return [...bounds, undefined].map((bound, index) => {
    const from = bounds[index - 1];
    return {
      ...(from && { after: from.name }),
      ...(bound && { upTo: bound.name }),
      objects: Math.round((bound?.before ?? total) - (from?.before ?? 0)),
    };
  });
}

function boundIn(
  { after, upTo, objects, span }: Piece,
  { wanted, sum }: { wanted: number; sum: number },
): { name: string; before: number } | undefined {
  const name = span?.nameAt((wanted - sum) / objects);
  if (name !== undefined && isBehind(name, after) && (upTo === undefined || compareKeys(name, upTo) < 0))
    return { name, before: wanted };
  return upTo === undefined ? undefined : { name: upTo, before: sum + objects };
}

const isBehind = (name: string, other: string | undefined): boolean =>
  other === undefined || compareKeys(name, other) > 0;

import type { S3Service } from '../../s3/message.js';
import type { ListedObject } from '../../s3/xml/listing.js';
import { listStore, readStorePage } from '../../shadow/listing/store-page.js';
import { type PlannedRange, planRanges } from './plan-ranges.js';

/** What a bucket has, as far as could be found out. */
export interface Counted {
  readonly objects: number;
  readonly bytes: number;
  /** False where the numbers are estimates, or lower bounds. */
  readonly isExact: boolean;
  /** How the numbers were found, in words. */
  readonly basis: string;
  /** Bytes, of the largest object that was seen. */
  readonly largest: number;
  /** Some objects from all over its keys, in key order. */
  readonly sample: readonly ListedObject[];
}

export interface CountOptions {
  /** How many objects the sample is to have at most. */
  readonly sampleSize: number;
  /** Asked again and again: once it is so, an estimate is made of what is known by then. */
  readonly isLate: () => boolean;
  /** What was counted until it aborts is a lower bound. */
  readonly signal: AbortSignal;
  /** A bucket of more objects is estimated. */
  readonly listed?: number;
}

/** So many are listed in a few seconds. */
const LISTED_OBJECTS = 25_000;
const DOUBT = 'where directories differ much in size it may be several times off';
/** Places at which a large bucket is looked into for its sample. */
const SAMPLED_PLACES = 16;

/**
 * Counts a bucket: by listing it where that is short, else by the sampled plan of its keys.
 *
 * @throws ListingRefused, BackendUnavailable
 */
export async function countObjects(
  source: S3Service,
  { listed = LISTED_OBJECTS, ...options }: CountOptions,
): Promise<Counted> {
  const { sampleSize, signal } = options;
  const seen = new Seen(sampleSize);
  try {
    if (await listAll(source, seen, { most: listed, signal }))
      return { ...seen.counted, isExact: true, basis: 'listed' };
    return await estimate(source, options);
  } catch (error) {
    if (!signal.aborted) throw error;
    const { counted } = seen;
    const basis = `there was no time to list more than ${counted.objects} objects, so these are lower bounds`;
    return { ...counted, isExact: false, basis };
  }
}

/** False when there are more than `most`. */
async function listAll(
  source: S3Service,
  seen: Seen,
  { most, signal }: { readonly most: number; readonly signal: AbortSignal },
): Promise<boolean> {
  for await (const object of listStore(source, signal)) {
    seen.add(object);
    if (seen.counted.objects > most) return false;
  }
  return true;
}

async function estimate(
  source: S3Service,
  { sampleSize, isLate, signal }: Omit<CountOptions, 'listed'>,
): Promise<Counted> {
  const plan = await planRanges(source, { prefix: '', signal, isLate });
  const { objects, meanBytes, isExact } = plan;
  const basis = isExact ? plan.basis : `${plan.basis}${isLate() ? ', as time allowed' : ''}; ${DOUBT}`;
  const places = spread(plan.ranges, SAMPLED_PLACES);
  const maxKeys = Math.max(1, Math.floor(sampleSize / places.length));
  const pages = await Promise.all(
    places.map(({ after }) => readStorePage(source, { prefix: '', delimiter: '', after, maxKeys, signal })),
  );
  const sample = pages.flatMap(({ entries }) => entries.flatMap(({ object }) => (object ? [object] : [])));
  const largest = Math.max(0, ...sample.map(({ size }) => size));
  return { objects, bytes: Math.round(objects * meanBytes), isExact, basis, largest, sample };
}

/** At most `count` of them, at even distances. */
function spread(ranges: readonly PlannedRange[], count: number): PlannedRange[] {
  const step = Math.ceil(ranges.length / count);
  return ranges.filter((_, index) => index % step === 0);
}

/** Counts objects, and keeps some at even distances. */
class Seen {
  #objects = 0;
  #bytes = 0;
  #largest = 0;
  #sample: ListedObject[] = [];
  #step = 1;

  constructor(private readonly sampleSize: number) {}

  get counted(): Pick<Counted, 'objects' | 'bytes' | 'largest' | 'sample'> {
    return { objects: this.#objects, bytes: this.#bytes, largest: this.#largest, sample: this.#sample };
  }

  add(object: ListedObject): void {
    if (this.#objects % this.#step === 0) this.#keep(object);
    this.#objects += 1;
    this.#bytes += object.size;
    this.#largest = Math.max(this.#largest, object.size);
  }

  #keep(object: ListedObject): void {
    this.#sample.push(object);
    if (this.#sample.length <= this.sampleSize) return;
    this.#sample = this.#sample.filter((_, index) => index % 2 === 0);
    this.#step *= 2;
  }
}

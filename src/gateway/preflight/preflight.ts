import { BackendUnavailable } from '../../backends/backend.js';
import { atBucket } from '../../filters/at-bucket.js';
import { S3Error } from '../../s3/errors.js';
import type { S3Filter, S3Service } from '../../s3/message.js';
import { MAX_SINGLE_PUT } from '../../shadow/copying/part-layout.js';
import { ListingRefused } from '../../shadow/listing/store-page.js';
import { type Place, placeWords } from '../../state/place.js';
import { type Counted, countObjects } from '../../sweep/plan/count-objects.js';
import type { Clock } from '../../system/clock.js';
import type { BackendBucket } from '../backend-bucket.js';
import { TargetRefused } from '../scratch-object.js';
import type { Stores } from '../stores.js';
import { bucketSettings } from './bucket-settings.js';
import { type ExpectedLoss, expectedLosses, fieldsToTry } from './losses.js';
import { type MeasuredRate, measureCopies } from './measure.js';
import { type MigrationRequests, requestsOf, type Wanted } from './requests.js';
import { lookAt, type SampledObject } from './sampled.js';
import { type AtTarget, type Capabilities, tryOut, whatIsAt, withTriedBucket } from './target.js';

/** What moving a bucket would take and cost, found out without changing anything. */
export interface Preflight {
  readonly counted: Counted;
  readonly atTarget: AtTarget;
  /** How many objects were looked at one by one. */
  readonly sampled: number;
  readonly losses: readonly ExpectedLoss[];
  /** What the bucket is set to have that the target's will not, by the names of the sub-resources. */
  readonly bucketSettings: readonly string[];
  /** Undefined where nothing could be copied, as there is nothing, or the target takes nothing. */
  readonly rate: MeasuredRate | undefined;
  /** At that rate, s. */
  readonly etaSeconds: number | undefined;
  readonly requests: MigrationRequests;
  /** Why the job would be refused, or fail. */
  readonly problems: readonly string[];
}

export interface PreflightWish extends Wanted {
  readonly from: Place;
  readonly to: Place;
  /** Of the new place, where its store makes buckets in regions. */
  readonly region?: string | undefined;
  readonly onExisting: 'fail' | 'replace';
}

export interface PreflightOptions {
  readonly stores: Stores;
  readonly clock: Clock;
  /** Aborts when nobody waits for it any more. */
  readonly signal: AbortSignal;
}

const SAMPLE_SIZE = 64;
/** How long each step may take, ms. What was found by then counts. */
const ESTIMATING_MS = 8_000;
const COUNTING_MS = 20_000;
const LOOKING_MS = 5_000;
const TRYING_MS = 15_000;

/** @throws ListingRefused, BackendUnavailable when the bucket cannot be read where it is now, or the new place does not answer at all */
export async function preflight(wish: PreflightWish, options: PreflightOptions): Promise<Preflight> {
  const { stores } = options;
  const [from, to] = [stores.open(wish.from), stores.open(wish.to)];
  try {
    const source = atBucket(wish.from.bucket)(from.service);
    const target = { backend: to, name: wish.to.bucket, ...(wish.region && { region: wish.region }) };
    return await examine({ wish, source, target, room: await to.room?.() }, options);
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
}

interface Examined {
  readonly wish: PreflightWish;
  readonly source: S3Service;
  readonly target: BackendBucket;
  /** Bytes that are free at the target, where it tells. */
  readonly room: number | undefined;
}

async function examine(examined: Examined, options: PreflightOptions): Promise<Preflight> {
  const { wish, source, target, room } = examined;
  const late = options.clock.now() + ESTIMATING_MS;
  const counted = await within({ ms: COUNTING_MS, place: wish.from }, options, (signal) =>
    countObjects(source, { sampleSize: SAMPLE_SIZE, isLate: () => options.clock.now() > late, signal }),
  );
  const atTarget = await within({ ms: LOOKING_MS, place: wish.to }, options, (signal) =>
    whatIsAt(atBucket(target.name)(target.backend.service), signal),
  );
  const settings = await within({ ms: LOOKING_MS, place: wish.from }, options, (signal) =>
    bucketSettings(source, signal),
  );
  const looked = await within({ ms: LOOKING_MS, place: wish.from }, options, (signal) =>
    lookAt(source, counted.sample, signal),
  );
  const tried = await within({ ms: TRYING_MS, place: wish.to }, options, (signal) =>
    tryTarget(examined, { counted, atTarget, looked, signal, clock: options.clock }),
  );
  const { rate, capabilities, refused } = tried;
  return {
    counted,
    atTarget,
    sampled: looked.length,
    losses: capabilities ? expectedLosses(looked, capabilities) : [],
    bucketSettings: settings,
    rate,
    etaSeconds: rate && etaOf(counted, rate),
    requests: requestsOf(counted, wish),
    problems: [
      ...existingWords(wish, atTarget),
      ...roomWords(wish.to, counted, room),
      ...(refused === undefined ? [] : [refused]),
      ...sizeWords(counted, capabilities),
      ...unreadableWords(looked),
    ],
  };
}

interface Trying {
  readonly counted: Counted;
  readonly atTarget: AtTarget;
  readonly looked: readonly SampledObject[];
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

interface Tried {
  readonly capabilities?: Capabilities;
  readonly rate?: MeasuredRate | undefined;
  /** Why it could not be tried. */
  readonly refused?: string;
}

async function tryTarget(
  { source, target }: Examined,
  { counted, atTarget, looked, signal, clock }: Trying,
): Promise<Tried> {
  const store = { ...target.backend, service: endedBy(signal)(target.backend.service) };
  try {
    return await withTriedBucket({ ...target, backend: store }, atTarget, async (bucket) => ({
      capabilities: await tryOut(bucket, fieldsToTry(looked), signal),
      rate: await measureCopies(
        source,
        { service: bucket.backend.service, bucket: bucket.name },
        { sample: counted.sample, clock, signal },
      ),
    }));
  } catch (error) {
    const isRefusal = [S3Error, TargetRefused, BackendUnavailable].some((known) => error instanceof known);
    if (signal.aborted) return { refused: 'there was no time to try the target out' };
    if (!isRefusal || !(error instanceof Error)) throw error;
    return { refused: `the target cannot be written: ${error.message}` };
  }
}

/** Breaks off what is asked too late, but for what removes again what was made. */
const endedBy =
  (late: AbortSignal): S3Filter =>
  (service) =>
  (request) =>
    service(
      request.method === 'DELETE' ? request : { ...request, signal: AbortSignal.any([request.signal, late]) },
    );

const etaOf = ({ objects, bytes }: Counted, rate: MeasuredRate): number =>
  Math.ceil(Math.max(objects / rate.objects, rate.bytes === 0 ? 0 : bytes / rate.bytes));

function existingWords(
  { to, onExisting }: PreflightWish,
  { objects, isExact, firstKeys }: AtTarget,
): string[] {
  if (objects === 0 || onExisting === 'replace') return [];
  const many = `${isExact ? '' : 'at least '}${objects} object${objects === 1 ? '' : 's'}`;
  return [`${placeWords(to)} has ${many} already, the first ${JSON.stringify(firstKeys[0])}`];
}

function roomWords(to: Place, { bytes }: Counted, room: number | undefined): string[] {
  if (room === undefined || room >= bytes) return [];
  return [`${placeWords(to)} has room for ${room} bytes, and the bucket has ${bytes}`];
}

function sizeWords({ largest }: Counted, capabilities: Capabilities | undefined): string[] {
  if (largest <= MAX_SINGLE_PUT || !capabilities || capabilities.takesParts) return [];
  return [`the target takes no uploads in parts, and an object has ${largest} bytes: one PUT takes 5 GiB`];
}

function unreadableWords(looked: readonly SampledObject[]): string[] {
  const [first] = looked.filter(({ unreadable }) => unreadable.length > 0);
  return first ? [`${first.unreadable.join(', ')} of ${JSON.stringify(first.key)} cannot be read`] : [];
}

interface Limit {
  readonly ms: number;
  /** What is asked. */
  readonly place: Place;
}

/**
 * Runs a step for at most so long.
 *
 * @throws S3Error ServiceUnavailable when it does not end by itself then; ListingRefused with the place that refused
 */
async function within<T>(
  { ms, place }: Limit,
  { clock, signal }: PreflightOptions,
  step: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const tooLate = () => new S3Error('ServiceUnavailable', `${placeWords(place)} did not answer in time`);
  const timer = clock.after(ms, () => late.abort(tooLate()));
  try {
    return await step(AbortSignal.any([signal, late.signal]));
  } catch (error) {
    if (!(error instanceof ListingRefused)) throw error;
    throw new ListingRefused(`${placeWords(place)} cannot be listed: ${error.message}`, { cause: error });
  } finally {
    timer.cancel();
  }
}

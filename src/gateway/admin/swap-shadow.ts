import { BackendUnavailable } from '../../backends/backend.js';
import { atBucket } from '../../filters/at-bucket.js';
import { S3Error } from '../../s3/errors.js';
import { hasVersions } from '../../shadow/copying/versioning.js';
import { ListingRefused } from '../../shadow/listing/store-page.js';
import { holdsReaders } from '../../shadow/rungs.js';
import type { BucketRecord } from '../../state/buckets.js';
import { KeyBusy } from '../../state/ledger.js';
import { placeWords } from '../../state/place.js';
import type { Clock } from '../../system/clock.js';
import type { ProbeTarget } from '../scratch-object.js';
import { atPlace } from './at-place.js';
import type { AdminDependencies, ShadowRecord } from './dependencies.js';
import { AdminError } from './errors.js';
import { refuseChanged, refuseUnknown, type ShadowedRecord } from './find-bucket.js';
import { MAX_ALIGN_SECONDS } from './limits.js';
import { settledWithin } from './switched.js';

/** How long a store may take to say whether it counts versions, ms. */
const MAX_QUESTION_MS = 10_000;

export type SwapDependencies = Pick<
  AdminDependencies,
  'buckets' | 'migrations' | 'switching' | 'probes' | 'stores' | 'clock'
>;

export interface SwapOptions {
  /** Do not wait for gateways that cannot reach the state. */
  readonly force: boolean;
  readonly waitMs: number;
}

/**
 * Has target and shadow change places, rung by rung, clients going on: what was the shadow is the target from then on, and written first is what was
 * the target. Before that both are made to show the same of every key, by copying to the shadow what it has otherwise. Returns when all gateways have
 * followed, or `waitMs` is over; then they go on by themselves.
 *
 * @throws AdminError 409 where that cannot be done, or not now; ShadowRefused, TargetRefused
 */
export async function swapShadow(
  record: ShadowedRecord,
  options: SwapOptions,
  deps: SwapDependencies,
): Promise<BucketRecord> {
  const { name, shadow } = record;
  if (isSwapping(shadow)) await goOn(record, options, deps);
  else await beginSwap(record, options, deps);
  return settledWithin(name, options.waitMs, deps);
}

/** Whether target and shadow are about to change places, or just have. */
export const isSwapping = (shadow: ShadowRecord): boolean => shadow.aim === 'swap' || holdsReaders(shadow);

/** Asked for again: it is not turned round, but may be told whom not to wait for. */
async function goOn({ name }: ShadowedRecord, { force }: SwapOptions, deps: SwapDependencies): Promise<void> {
  if (!force) return;
  await deps.buckets.update(name, (current) => {
    const { shadow } = current;
    return shadow?.swap ? { ...current, shadow: { ...shadow, swap: { ...shadow.swap, force } } } : current;
  });
}

async function beginSwap(
  record: ShadowedRecord,
  { force }: SwapOptions,
  deps: SwapDependencies,
): Promise<void> {
  await assertSwappable(record, deps);
  const tried = await tryAsTarget(record, deps);
  await assertUnversioned(record, deps);
  await align(record, deps);
  await deps.migrations.forget(record);
  const changed = await deps.buckets.update(record.name, (current) => {
    const { shadow, epoch } = current;
    // Since this epoch began all writes have gone to both: what was brought into line is so still.
    const isSame = shadow?.since === record.shadow.since && epoch === record.epoch && !current.job;
    if (!isSame || whyNot(shadow) !== undefined) refuseChanged(record.name);
    return { ...current, shadow: { ...shadow, aim: 'swap', swap: { ...tried, force } } };
  });
  if (!changed) refuseUnknown(record.name);
}

async function assertSwappable(record: ShadowedRecord, { switching }: SwapDependencies): Promise<void> {
  const { name, shadow } = record;
  const cannot = whyNot(shadow);
  if (cannot !== undefined)
    throw new AdminError(409, 'cannot_swap', `the shadow of "${name}" cannot be its target: ${cannot}`);
  if (shadow.rung === 'write-through' && (await switching.state(record)).state === 'settled') return;
  throw new AdminError(
    409,
    'switching',
    `write-through of "${name}" is not on on all gateways yet: try again`,
  );
}

function whyNot({
  writeThrough,
  aim,
  delete: deletes,
  clearWhenDrained,
  prefix,
  targetPrefix,
}: ShadowRecord): string | undefined {
  if (!writeThrough || aim !== 'write-through') return 'it is not written (set write-through first)';
  if (clearWhenDrained) return 'it is to be cleared once it is drained';
  if (deletes !== 'both') return 'it keeps what clients delete (set deletes in both first)';
  return prefix + targetPrefix === '' ? undefined : 'it has other keys than the target (prefixes are set)';
}

/** What the shadow can do as a target, found out by trying. */
async function tryAsTarget({ shadow }: ShadowedRecord, { stores, probes }: SwapDependencies) {
  return atPlace(shadow.place, stores, async (place) => ({
    conditionalWrites: await probes.probeConditionalWrites(place),
    trailingChecksums: await probes.probeTrailingChecksums(place),
  }));
}

/** A delete marker hides what the other store has, and no listing shows it. */
async function assertUnversioned(
  { name, target, shadow }: ShadowedRecord,
  { stores, clock }: SwapDependencies,
): Promise<void> {
  for (const place of [target, shadow.place]) {
    if (!(await atPlace(place, stores, countsVersions(clock)))) continue;
    const message = `"${name}" cannot have its target and its shadow change places: ${placeWords(place)} counts versions`;
    throw new AdminError(409, 'cannot_swap', message);
  }
}

/** Whether a bucket counts versions, or did. @throws BackendUnavailable, S3Error ServiceUnavailable when it does not say in time */
export const countsVersions =
  (clock: Clock) =>
  async ({ service, bucket }: ProbeTarget): Promise<boolean> => {
    const late = new AbortController();
    const timer = clock.after(MAX_QUESTION_MS, () => late.abort(tooLate(bucket)));
    return hasVersions(atBucket(bucket)(service), late.signal).finally(() => timer.cancel());
  };

const tooLate = (bucket: string): S3Error =>
  new S3Error('ServiceUnavailable', `bucket "${bucket}" did not say in time whether it counts versions`);

async function align(record: ShadowedRecord, { migrations }: SwapDependencies): Promise<void> {
  try {
    const { isWhole, keys } = await migrations.align(record, MAX_ALIGN_SECONDS * 1_000);
    if (isWhole) return;
    throw new AdminError(
      409,
      'not_aligned',
      `there was no time to compare all keys of target and shadow: ${keys} in ${MAX_ALIGN_SECONDS} s`,
    );
  } catch (error) {
    if (error instanceof KeyBusy) throw new AdminError(409, 'key_busy', `${error.message}: try again`);
    if (!(error instanceof ListingRefused || error instanceof BackendUnavailable)) throw error;
    throw new AdminError(409, 'not_aligned', `target and shadow cannot be compared: ${error.message}`);
  }
}

import { isDeepStrictEqual } from 'node:util';
import type { AccessKeyRecord } from '../../state/access-keys.js';
import type { BucketRecord } from '../../state/buckets.js';
import type { ProbeTarget } from '../scratch-object.js';
import { atPlace } from './at-place.js';
import { type Cleared, clearShadow } from './clear-shadow.js';
import type { AdminDependencies, ConditionalWrites, ShadowRecord } from './dependencies.js';
import { AdminError } from './errors.js';
import { assertNoJob, findBucket, findShadowedBucket, refuseChanged, refuseUnknown } from './find-bucket.js';
import type { Proof } from './proof.js';
import type { BucketChanges, NewBucketInput, ShadowChanges, ShadowInput } from './schemas.js';
import {
  asksMore,
  assertSamePrefixes,
  currentShadow,
  newShadowPlace,
  shadowPlace,
  toShadowRecord,
} from './shadow-input.js';
import { swapShadow } from './swap-shadow.js';
import { settledWithin } from './switched.js';

/** Probes the shadow, then creates the bucket and an access key for it. Throws; then nothing is saved. */
export async function createBucket(
  input: NewBucketInput,
  deps: AdminDependencies,
): Promise<{ record: BucketRecord; accessKey: AccessKeyRecord }> {
  const { name, org, backend = deps.defaultBackend, target_bucket: targetBucket = name } = input;
  await assertBackend(backend, deps);
  if ((await deps.buckets.get(name)) !== undefined) {
    throw new AdminError(409, 'bucket_exists', `bucket "${name}" exists already`);
  }
  const target = { backend, bucket: targetBucket };
  const shadow = input.shadow && (await tryFirstShadow(input.shadow, { name, target }, deps));
  return deps.lifecycle.createBucket({
    name,
    org,
    backend,
    targetBucket,
    public: input.public,
    ...(shadow && { shadow }),
  });
}

/** Finds out by trying that a bucket that is not there yet can be moved from this shadow. @throws AdminError, ShadowRefused */
export async function tryFirstShadow(
  input: ShadowInput,
  { name, target }: Pick<BucketRecord, 'name' | 'target'>,
  deps: AdminDependencies,
): Promise<ShadowRecord> {
  const wanted = toShadowRecord(input, { place: newShadowPlace(input, name), since: now(deps) });
  return atPlace(target, deps.stores, (at) => probed(wanted, at, deps));
}

/**
 * Applies the changes, and returns when all gateways serve the bucket by them, or the time to wait is over: then they go on by themselves.
 * A shadow that is left for another or for none must have nothing of its own. Throws; then nothing is saved.
 */
export async function changeBucket(
  name: string,
  changes: BucketChanges,
  deps: AdminDependencies,
): Promise<ChangedBucket> {
  const record = await findBucket(deps.buckets, name);
  if (changesShadow(changes)) assertNoJob(record);
  if (changes.when_drained !== undefined)
    return { record: await clearWhenDrained(record, changes.when_drained, deps) };
  if (changes.swap_shadow) {
    const shadowed = await findShadowedBucket(deps.buckets, name);
    return { record: await swapShadow(shadowed, swapOptions(changes), deps) };
  }
  const tried = changes.shadow && (await tryShadow(record, changes.shadow, deps));
  const left = leavesShadow(record, changes) ? await leaveShadow(record, changes, deps) : undefined;
  const changed = await deps.buckets.update(name, (current) => ({
    ...current,
    ...(tried && withShadow(current, tried)),
    public: changes.public ?? current.public,
  }));
  if (changed === undefined) refuseUnknown(name);
  const settled = changes.shadow ? await settledWithin(name, changes.wait_seconds * 1_000, deps) : changed;
  return { record: settled, proof: left?.proof };
}

const changesShadow = ({ shadow, when_drained, swap_shadow }: BucketChanges): boolean =>
  shadow !== undefined || when_drained !== undefined || swap_shadow === true;

export interface ChangedBucket {
  readonly record: BucketRecord;
  /** Of a shadow that was left: by what it is known that nothing is lost. */
  readonly proof?: Proof | undefined;
}

/** Sweeps until nothing is left, and clears the shadow then; or does so no more. */
async function clearWhenDrained(
  { name }: BucketRecord,
  isWanted: boolean,
  { buckets, migrations }: AdminDependencies,
): Promise<BucketRecord> {
  const record = await findShadowedBucket(buckets, name);
  const changed = await buckets.update(name, (current) =>
    current.shadow ? { ...current, shadow: { ...current.shadow, clearWhenDrained: isWanted } } : current,
  );
  if (changed === undefined) refuseUnknown(name);
  if (isWanted) await migrations.passes.start(record, 'sweep', { catchUp: true });
  return changed;
}

const swapOptions = ({ force, wait_seconds }: BucketChanges) => ({ force, waitMs: wait_seconds * 1_000 });

interface TriedShadow {
  readonly shadow: ShadowRecord;
  /** The one that was changed to become it; undefined for the first, or for another one. */
  readonly current: ShadowRecord | undefined;
  /** Found out for a shadow that is new: gateways that disagreed about it would overwrite each other's objects. */
  readonly conditionalWrites?: ConditionalWrites;
  readonly trailingChecksums?: boolean;
}

/**
 * Finds out by trying that the bucket can be moved from this shadow, and how its target writes. Write-through can be given
 * up untried, or writes would fail for as long as the shadow is down.
 */
export async function tryShadow(
  record: BucketRecord,
  changes: ShadowChanges,
  deps: AdminDependencies,
): Promise<TriedShadow> {
  const current = currentShadow(changes, record);
  const wanted = toShadowRecord(changes, {
    place: shadowPlace(changes, record),
    since: now(deps),
    current,
  });
  if (current !== undefined) assertSamePrefixes(wanted, current);
  const isTried = current !== undefined && !asksMore(wanted, current);
  if (isTried) return { shadow: wanted, current };
  return atPlace(record.target, deps.stores, async (target) => {
    const shadow = await probed(wanted, target, deps);
    if (current !== undefined) return { shadow, current };
    const conditionalWrites = await deps.probes.probeConditionalWrites(target);
    const trailingChecksums = await deps.probes.probeTrailingChecksums(target);
    return { shadow, current, conditionalWrites, trailingChecksums };
  });
}

/** The shadow, with what was found out about it. @throws ShadowRefused */
async function probed(
  shadow: ShadowRecord,
  target: ProbeTarget,
  deps: AdminDependencies,
): Promise<ShadowRecord> {
  const { probes } = deps;
  await probes.probeShadow(shadow, target);
  if (!shadow.writeThrough) return shadow;
  const trailingChecksums = await atPlace(shadow.place, deps.stores, probes.probeTrailingChecksums);
  return { ...shadow, trailingChecksums };
}

/**
 * Clients of a bucket that had no shadow see it once all gateways know of it.
 *
 * @throws AdminError 409 when the bucket has another shadow by now than the one that was changed, or that one is set or aimed otherwise
 */
function withShadow(
  record: BucketRecord,
  { shadow, current, conditionalWrites, trailingChecksums }: TriedShadow,
): Partial<BucketRecord> {
  if (!isSetAs(record, current)) refuseChanged(record.name);
  if (record.shadow !== null) {
    const { rung, confirmed } = record.shadow;
    return { shadow: { ...shadow, rung, confirmed } };
  }
  return {
    shadow: { ...shadow, rung: 'target-only', confirmed: false },
    epoch: record.epoch + 1,
    ...(conditionalWrites && { conditionalWrites }),
    ...(trailingChecksums !== undefined && { trailingChecksums }),
  };
}

/** Whether a bucket's shadow is still set as it was seen, wherever it is on its way. */
function isSetAs({ shadow, forgetting, job }: BucketRecord, seen: ShadowRecord | undefined): boolean {
  if (job) return false;
  if (shadow === null || seen === undefined) return shadow === null && seen === undefined && !forgetting;
  const { rung, confirmed } = shadow;
  return isDeepStrictEqual(shadow, { ...seen, rung, confirmed });
}

/** Whether the bucket has a shadow and another one, or none, takes its place. */
const leavesShadow = (record: BucketRecord, { shadow }: BucketChanges): boolean =>
  shadow !== undefined && (shadow === null || currentShadow(shadow, record) === undefined);

async function leaveShadow(
  record: BucketRecord,
  changes: BucketChanges,
  deps: AdminDependencies,
): Promise<Pick<Cleared, 'proof'>> {
  const { force, wait_seconds } = changes;
  const { name, shadow } = record;
  const waitMs = wait_seconds * 1_000;
  const { record: left, proof } =
    shadow === null
      ? { record: await settledWithin(name, waitMs, deps), proof: undefined }
      : await clearShadow({ ...record, shadow }, { force, waitMs }, deps);
  if (!changes.shadow || (left.shadow === null && !left.forgetting)) return { proof };
  if (shadow === null && left.shadow !== null) refuseChanged(name);
  throw new AdminError(
    409,
    'switching',
    `the shadow of "${name}" is still being cleared: try again when that is done`,
  );
}

export async function assertBackend(backend: string, { backends }: AdminDependencies): Promise<void> {
  if (await backends.find(backend)) return;
  const allowed = backends.names().join(', ');
  throw new AdminError(
    400,
    'no_such_backend',
    `there is no backend "${backend}": it must be one of ${allowed}`,
  );
}

function now({ clock }: AdminDependencies): string {
  return new Date(clock.now()).toISOString();
}

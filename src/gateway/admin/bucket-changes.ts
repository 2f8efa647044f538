import type { AccessKeyRecord } from '../../state/access-keys.js';
import type { BucketRecord } from '../../state/buckets.js';
import type { ProbeTarget } from '../scratch-object.js';
import type { AdminDependencies } from './dependencies.js';
import { AdminError } from './errors.js';
import { findBucket, refuseUnknown } from './find-bucket.js';
import type { BucketChanges, NewBucketInput } from './schemas.js';
import { asksMore, isSameBucket, leaveShadow, toShadowRecord } from './shadow-changes.js';

/** Probes the shadow, then creates the bucket and an access key for it. Throws; then nothing is saved. */
export async function createBucket(
  input: NewBucketInput,
  deps: AdminDependencies,
): Promise<{ record: BucketRecord; accessKey: AccessKeyRecord }> {
  const { name, org, backend = deps.defaultBackend, target_bucket: targetBucket = name } = input;
  const target = targetOf(backend, targetBucket, deps);
  if ((await deps.buckets.get(name)) !== undefined) {
    throw new AdminError(409, 'bucket_exists', `bucket "${name}" exists already`);
  }
  const shadow = input.shadow && toShadowRecord(input.shadow, { bucket: name, since: now(deps) });
  if (shadow !== undefined) await deps.probes.probeShadow(shadow, target);
  return deps.lifecycle.createBucket({
    name,
    org,
    backend,
    targetBucket,
    public: input.public,
    ...(shadow && { shadow }),
  });
}

/** Applies the changes; a shadow that is left for another or for none must have nothing of its own. Throws. */
export async function changeBucket(
  name: string,
  changes: BucketChanges,
  deps: AdminDependencies,
): Promise<BucketRecord> {
  const record = await findBucket(deps.buckets, name);
  const shadowed = changes.shadow ? await proveShadow(record, changes.shadow, deps) : {};
  if (leavesShadow(record, changes)) await leaveShadow(record, changes, deps);
  const changed = await deps.buckets.update(name, (current) => ({
    ...current,
    ...shadowed,
    public: changes.public ?? current.public,
  }));
  return changed ?? refuseUnknown(name);
}

type Shadowed = Pick<BucketRecord, 'shadow' | 'conditionalWrites'>;

/**
 * Finds out by trying that the bucket can be moved from this shadow, and how its target writes. Write-through can be given
 * up untried, or writes would fail for as long as the shadow is down.
 */
async function proveShadow(
  record: BucketRecord,
  input: NonNullable<BucketChanges['shadow']>,
  deps: AdminDependencies,
): Promise<Shadowed> {
  const target = targetOf(record.backend, record.targetBucket, deps);
  const current = leavesShadow(record, { shadow: input }) ? undefined : (record.shadow ?? undefined);
  const since = current?.since ?? now(deps);
  const shadow = toShadowRecord(input, { bucket: record.name, since, current });
  if (current === undefined || asksMore(shadow, current)) await deps.probes.probeShadow(shadow, target);
  return { shadow, conditionalWrites: await deps.probes.probeConditionalWrites(target) };
}

/** Whether another bucket, or none, becomes the shadow; else at most its keys and options change. */
function leavesShadow(record: BucketRecord, { shadow }: Pick<BucketChanges, 'shadow'>): boolean {
  if (shadow === undefined) return false;
  if (shadow === null || record.shadow === null) return true;
  return !isSameBucket(record.shadow, { name: shadow.name ?? record.name, endpoint: shadow.endpoint });
}

function targetOf(backend: string, bucket: string, { backends }: AdminDependencies): ProbeTarget {
  const declared = backends.get(backend);
  if (declared !== undefined) return { service: declared.backend.service, bucket };
  const allowed = [...backends.keys()].join(', ');
  throw new AdminError(
    400,
    'no_such_backend',
    `backend "${backend}" is not declared: it must be one of ${allowed}`,
  );
}

function now({ clock }: AdminDependencies): string {
  return new Date(clock.now()).toISOString();
}

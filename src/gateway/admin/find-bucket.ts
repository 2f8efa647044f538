import type { BucketRecord } from '../../state/buckets.js';
import type { BucketRecords, ShadowRecord } from './dependencies.js';
import { AdminError } from './errors.js';

export type ShadowedRecord = BucketRecord & { readonly shadow: ShadowRecord };

/** Throws AdminError 404. */
export async function findBucket(buckets: BucketRecords, name: string): Promise<BucketRecord> {
  return (await buckets.get(name)) ?? refuseUnknown(name);
}

/** Throws AdminError 404, or 409 when the bucket has no shadow. */
export async function findShadowedBucket(buckets: BucketRecords, name: string): Promise<ShadowedRecord> {
  const record = await findBucket(buckets, name);
  if (record.shadow === null) throw new AdminError(409, 'no_shadow', `bucket "${name}" has no shadow`);
  return { ...record, shadow: record.shadow };
}

/** Throws AdminError 409 when a job has the bucket: what that makes of its shadow and its passes nobody else changes. */
export function assertNoJob({ name, job }: BucketRecord): void {
  if (!job) return;
  throw new AdminError(
    409,
    'job_active',
    `job maintenance:${job.id} has bucket "${name}": cancel it first, or wait until it has ended`,
  );
}

export function refuseUnknown(name: string): never {
  throw new AdminError(404, 'no_such_bucket', `no bucket "${name}"`);
}

/** What was found out of the shadow holds no more. */
export function refuseChanged(name: string): never {
  throw new AdminError(409, 'shadow_changed', `the shadow of "${name}" was changed meanwhile: try again`);
}

import { S3Error } from '../s3/errors.js';
import type { JobRecord } from '../state/jobs/job-record.js';
import { messageOf } from '../system/thrown.js';
import type { AccountOptions } from './account.js';
import { jobName } from './admin/job-name.js';
import type { Audit } from './audit.js';
import type { Identity } from './authorize.js';

/** Notes how a job goes on, phase by phase, by whoever works on it. */
export const noteJobs =
  (audit: Audit) =>
  async (before: JobRecord, { id, bucket, status, phase, lastError }: JobRecord): Promise<void> => {
    if (status === before.status && phase === before.phase) return;
    const reason = lastError === before.lastError ? undefined : lastError;
    const change = { status, phase, ...(reason !== undefined && { reason }) };
    await audit.noteOwn({ action: 'job.advance', bucket, object: jobName(id), change });
  };

type ByS3 = Pick<AccountOptions, 'createBucket' | 'destroyBucket'>;

/** Buckets that come and go by plain S3. */
export function auditedByS3({ createBucket, destroyBucket }: ByS3, audit: Audit): ByS3 {
  async function noted<T>(
    action: string,
    bucket: string,
    identity: Identity,
    act: () => Promise<T>,
  ): Promise<T> {
    const actor = identity.kind === 'anonymous' ? 'unknown' : `key:${identity.accessKeyId}`;
    const end = await audit.begin({ actor, action, bucket });
    try {
      const result = await act();
      await end({ outcome: 'done' });
      return result;
    } catch (error) {
      const isRefusal = error instanceof S3Error && error.status < 500;
      await end({ outcome: isRefusal ? 'refused' : 'failed', reason: messageOf(error) });
      throw error;
    }
  }
  return {
    createBucket: (bucket, identity) =>
      noted('bucket.create', bucket.name, identity, () => createBucket(bucket, identity)),
    destroyBucket: (name, identity) =>
      noted('bucket.destroy', name, identity, () => destroyBucket(name, identity)),
  };
}

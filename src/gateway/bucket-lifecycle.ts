import { randomUUID } from 'node:crypto';
import { assertBucketName } from '../s3/buckets.js';
import { S3Error } from '../s3/errors.js';
import type { AccessKeyStore } from '../state/access-keys.js';
import type { BucketRecord, BucketStore } from '../state/buckets.js';
import type { CopyCounts } from '../state/copy-counts.js';
import type { CopyLosses } from '../state/copy-losses.js';
import type { JobStore } from '../state/jobs/job-store.js';
import type { Place } from '../state/place.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import type { BucketLifecycle, ConditionalWrites, NewBucket } from './admin/dependencies.js';
import { type BackendBucket, deleteBackendBucket, ensureBackendBucket } from './backend-bucket.js';
import type { Backends } from './backends.js';
import { whoHas } from './place-owner.js';
import type { ProbeTarget } from './scratch-object.js';
import type { Stores } from './stores.js';

export interface BucketLifecycleOptions {
  readonly buckets: BucketStore;
  readonly accessKeys: AccessKeyStore;
  readonly jobRecords: JobStore;
  readonly losses: Pick<CopyLosses, 'forget'>;
  readonly copiedByReads: Pick<CopyCounts, 'forget'>;
  readonly backends: Pick<Backends, 'find' | 'names' | 'hold'>;
  readonly stores: Stores;
  readonly defaultBackend: string;
  readonly probeConditionalWrites: (target: ProbeTarget) => Promise<ConditionalWrites>;
  readonly probeTrailingChecksums: (target: ProbeTarget) => Promise<boolean>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface KeylessLifecycle extends BucketLifecycle {
  /** A bucket without an access key of its own: root has it. */
  createKeylessBucket(bucket: NewBucket): Promise<BucketRecord>;
}

/** What is said of a target that nobody has tried: a shadow that is given later finds it out. */
const UNKNOWN: ConditionalWrites = { put: false, complete: false, match: false };

/** Makes and removes buckets: the record in the state and the bucket in the backend, both or neither. */
export function createBucketLifecycle(options: BucketLifecycleOptions): KeylessLifecycle {
  const { buckets, accessKeys, losses, backends, stores, defaultBackend, clock, log } = options;

  async function backendBucket(name: string, backendName: string): Promise<BackendBucket> {
    const found = await backends.find(backendName);
    if (found) return { ...found, name };
    const known = backends.names().join(', ');
    throw new S3Error('InvalidArgument', `There is no backend "${backendName}"; there are: ${known}.`);
  }

  async function assertFree(name: string, { backend, name: bucket }: BackendBucket): Promise<void> {
    if (await buckets.get(name)) throw new S3Error('BucketAlreadyOwnedByYou');
    const taken = await whoHas({ backend: backend.name, bucket }, options);
    if (taken === undefined) return;
    const what = `Bucket "${bucket}" of backend "${backend.name}"`;
    throw new S3Error('BucketAlreadyExists', `${what} is ${taken} already.`);
  }

  async function createRecord(bucket: NewBucket, target: BackendBucket): Promise<BucketRecord> {
    const { service, name: backend } = target.backend;
    const { name, org, shadow = null } = bucket;
    const probed = { service, bucket: target.name };
    const conditionalWrites = shadow ? await options.probeConditionalWrites(probed) : UNKNOWN;
    const record: BucketRecord = {
      name,
      id: randomUUID(),
      org,
      target: { backend, bucket: target.name },
      public: bucket.public,
      createdAt: new Date(clock.now()).toISOString(),
      shadow,
      epoch: 0,
      forgetting: false,
      conditionalWrites,
      trailingChecksums: await options.probeTrailingChecksums(probed),
    };
    if (!(await buckets.create(record, () => backends.hold(backend))))
      throw new S3Error('BucketAlreadyOwnedByYou');
    return record;
  }

  async function createKeylessBucket(bucket: NewBucket): Promise<BucketRecord> {
    const { name, backend = defaultBackend, targetBucket = name, objectLock = false } = bucket;
    assertBucketName(name);
    assertBucketName(targetBucket);
    const target = { ...(await backendBucket(targetBucket, backend)), objectLock };
    await assertFree(name, target);
    const isNew = await ensureBackendBucket(target);
    return orUndo(
      () => createRecord(bucket, target),
      async () => isNew && (await deleteBackendBucket(target)),
    );
  }

  async function deleteTarget(target: Place): Promise<void> {
    const store = stores.open(target);
    try {
      await deleteBackendBucket({ backend: store, name: target.bucket });
    } finally {
      await store.close();
    }
  }

  async function destroyBucket(name: string): Promise<void> {
    const record = await buckets.get(name);
    if (!record) throw new S3Error('NoSuchBucket', undefined, { fields: { BucketName: name } });
    if (record.job) {
      throw new S3Error('OperationAborted', `Bucket "${name}" is being moved by job ${record.job.id}.`);
    }
    if (record.shadow) {
      throw new S3Error('OperationAborted', `Bucket "${name}" still has a shadow; clear the shadow first.`);
    }
    // What the state holds of its keys would stay there for good.
    if (record.forgetting) {
      throw new S3Error('OperationAborted', `The shadow of bucket "${name}" is still being cleared.`);
    }
    // The backend has the last word, and a record without its bucket can be destroyed again.
    await deleteTarget(record.target);
    await losses.forget(record.id);
    // Of a gateway that was late to tell what it had copied from a shadow that is gone.
    await options.copiedByReads.forget(record.id);
    await buckets.delete(name);
  }

  /** An undo that fails leaves an empty bucket, which the next attempt takes over: the first failure is what counts. */
  async function orUndo<T>(action: () => Promise<T>, undo: () => Promise<unknown>): Promise<T> {
    try {
      return await action();
    } catch (failure) {
      await undo().catch((error: unknown) => log.error({ err: error }, 'a creation could not be undone'));
      throw failure;
    }
  }

  return {
    createKeylessBucket,
    async createBucket(bucket) {
      const record = await createKeylessBucket(bucket);
      const accessKey = await orUndo(
        () => accessKeys.create({ bucket: bucket.name, role: 'admin' }),
        () => buckets.delete(bucket.name),
      );
      return { record, accessKey };
    },
    destroyBucket,
  };
}

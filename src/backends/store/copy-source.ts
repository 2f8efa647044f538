import { evaluateCopyConditions } from '../../s3/conditions.js';
import { type CopySource, parseCopySource } from '../../s3/copy-source.js';
import { S3Error } from '../../s3/errors.js';
import type { S3Body } from '../../s3/message.js';
import type { ByteRange } from '../../s3/ranges.js';
import { findObject } from './find-object.js';
import { type Operation, openBucket } from './operation.js';
import type { BucketPersistence } from './persistence.js';
import type { ObjectRecord } from './records.js';
import { assertSinglePut } from './write-object.js';

export interface CopyPlan {
  /** The bytes of the source to read. */
  readonly range: ByteRange;
}

/**
 * Opens what x-amz-copy-source names, once its conditions hold and there is a plan for what was found.
 * Throws InvalidArgument, NoSuchBucket, NoSuchKey, NoSuchVersion, PreconditionFailed, and what `planOf` throws.
 */
export async function openCopySource<Plan extends CopyPlan>(
  { request, store }: Operation,
  planOf: (object: ObjectRecord, source: CopySource) => Plan,
): Promise<Plan & { body: S3Body; size: number }> {
  const source = parseCopySource(request.headers['x-amz-copy-source'] ?? '');
  const bucket = openBucket(store, source.bucket);
  for (;;) {
    const object = findSource(bucket, source, request.headers);
    const plan = planOf(object, source);
    const size = plan.range.end - plan.range.start + 1;
    assertSinglePut(size);
    // Undefined when the object was replaced since it was found: then the new one is the source.
    const body = await bucket.contents.read(object.content, plan.range);
    if (body) return { ...plan, body, size };
  }
}

function findSource(
  bucket: BucketPersistence,
  { key, versionId }: CopySource,
  headers: Operation['request']['headers'],
): ObjectRecord {
  const object = findObject(bucket, key, versionId);
  if (evaluateCopyConditions(headers, object) === 'proceed') return object;
  throw new S3Error('PreconditionFailed');
}

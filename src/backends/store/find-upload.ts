import { S3Error } from '../../s3/errors.js';
import type { S3Request } from '../../s3/message.js';
import { queryValue } from '../../s3/params.js';
import { type BucketPersistence, partKey, uploadKey } from './persistence.js';
import type { PartRecord, UploadRecord } from './records.js';

export function uploadIdOf(request: Pick<S3Request, 'query'>): string {
  return queryValue(request, 'uploadId') ?? '';
}

/** The upload that a request names; throws NoSuchUpload. */
export function findUpload(bucket: BucketPersistence, request: S3Request): UploadRecord {
  const uploadId = uploadIdOf(request);
  const upload = bucket.uploads.get(uploadKey(request.key, uploadId));
  if (!upload) throw new S3Error('NoSuchUpload', undefined, { fields: { UploadId: uploadId } });
  return upload;
}

/** The parts of an upload after one with this number, in the order of their numbers. */
export function* partsAfter(
  bucket: BucketPersistence,
  uploadId: string,
  partNumber: number,
): Generator<readonly [partNumber: number, part: PartRecord]> {
  const prefix = `${uploadId}/`;
  for (const [key, part] of bucket.parts.range(partKey(uploadId, partNumber + 1))) {
    if (!key.startsWith(prefix)) return;
    yield [Number(key.slice(prefix.length)), part];
  }
}

/** In a transaction: forgets an upload and its parts, and gives up the bytes of those that `keep` does not name. */
export function removeUpload(
  bucket: BucketPersistence,
  { key, uploadId }: UploadRecord,
  keep: ReadonlySet<number> = new Set(),
): void {
  for (const [partNumber, part] of [...partsAfter(bucket, uploadId, 0)]) {
    bucket.parts.remove(partKey(uploadId, partNumber));
    if (!keep.has(partNumber)) bucket.contents.release(part.content);
  }
  bucket.uploads.remove(uploadKey(key, uploadId));
}

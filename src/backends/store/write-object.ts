import { createHash } from 'node:crypto';
import { isProven, type ProvenBody } from '../../s3/body.js';
import { S3Error } from '../../s3/errors.js';
import { checksumFields, checksumsOf } from './checksum-fields.js';
import { assertWritable } from './find-object.js';
import { metadataOf } from './metadata.js';
import { type Bytes, bodyOf, emptyResponse, type Handler, type Operation } from './operation.js';
import type { BucketPersistence, Digest, Written } from './persistence.js';
import type { ObjectRecord } from './records.js';

/** The largest object or part of one request (AWS, "Amazon S3 multipart upload limits"). */
const MAX_SINGLE_BYTES = 5 * 1024 ** 3;

/** PutObject. Throws PreconditionFailed, EntityTooLarge, MetadataTooLarge and its like, and the error of the body. */
export const putObject: Handler = async ({ request, bucket, store }) => {
  const metadata = metadataOf(request.headers);
  const object = await storeBytes(bucket, bodyOf(request), (written, bytes) => {
    const checksums = checksumsOf(request);
    return bucket.transact(() => {
      const checked = checksums && { checksums, checksumType: 'FULL_OBJECT' as const };
      const fields = Object.assign({ lastModified: store.clock.now() }, metadata, bytes, checked);
      return replaceObject({ bucket, request }, fields, () => bucket.contents.adopt(written));
    });
  });
  return emptyResponse(200, {
    etag: object.etag,
    ...checksumFields(object.checksums, object.checksumType),
  });
};

/**
 * In a transaction: puts an object in the place of what is there, once the request's conditions hold. `takeContent` is
 * called after that. Throws PreconditionFailed, NoSuchKey.
 */
export function replaceObject(
  { bucket, request }: Pick<Operation, 'bucket' | 'request'>,
  fields: Omit<ObjectRecord, 'content'>,
  takeContent: () => string,
): ObjectRecord {
  const replaced = bucket.objects.get(request.key);
  assertWritable(request, replaced);
  const object: ObjectRecord = Object.assign({}, fields, { content: takeContent() });
  bucket.objects.put(request.key, object);
  if (replaced) bucket.contents.release(replaced.content);
  return object;
}

export interface StoredBytes {
  readonly size: number;
  /** The quoted MD5 of the bytes. */
  readonly etag: string;
}

/**
 * Writes a body aside and has `commit` adopt it; when either fails, nothing is left of it. Throws BadDigest when the bytes are
 * not what their sender says: a client's body was checked before, a copy's was not.
 */
export async function storeBytes<T>(
  { contents }: BucketPersistence,
  { body, size, contentMd5 }: Bytes,
  commit: (written: Written, bytes: StoredBytes) => Promise<T>,
): Promise<T> {
  assertSinglePut(size);
  const md5 = isProven(body) ? alreadyMd5(body) : createHash('md5');
  const written = await contents.write(body, size, md5);
  try {
    const digest = md5.digest();
    if (contentMd5 !== undefined && digest.toString('base64') !== contentMd5) throw new S3Error('BadDigest');
    return await commit(written, { size, etag: `"${digest.toString('hex')}"` });
  } catch (error) {
    await contents.discard(written);
    throw error;
  }
}

const alreadyMd5 = ({ provenMd5 }: ProvenBody): Digest & { digest(): Buffer } => ({
  update: () => undefined,
  digest: () => Buffer.from(provenMd5, 'base64'),
});

/** Throws EntityTooLarge for more bytes than one request may write. */
export function assertSinglePut(size: number): void {
  if (size <= MAX_SINGLE_BYTES) return;
  throw new S3Error('EntityTooLarge', undefined, {
    fields: { ProposedSize: String(size), MaxSizeAllowed: String(MAX_SINGLE_BYTES) },
  });
}

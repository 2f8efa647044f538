import { S3Error } from '../../s3/errors.js';
import type { S3Body, S3Request, S3Response } from '../../s3/message.js';
import type { Clock } from '../../system/clock.js';
import { collect } from './chunks.js';
import type { BucketPersistence, Buckets } from './persistence.js';

export interface Store {
  readonly buckets: Buckets;
  readonly clock: Clock;
  /** The smallest part that is not the last one, in bytes; 5 MiB in S3. */
  readonly minPartSize: number;
}

/** One request on one bucket that exists. */
export interface Operation {
  readonly store: Store;
  readonly bucket: BucketPersistence;
  readonly request: S3Request;
}

/** Answers a request; throws S3Error. */
export type Handler = (operation: Operation) => Promise<S3Response>;

/** The bucket with this name; throws NoSuchBucket. */
export function openBucket(store: Store, name: string): BucketPersistence {
  const bucket = store.buckets.open(name);
  if (!bucket) throw new S3Error('NoSuchBucket', undefined, { fields: { BucketName: name } });
  return bucket;
}

export function emptyResponse(status: number, headers: Record<string, string> = {}): S3Response {
  return { status, headers: status === 204 ? headers : { 'content-length': '0', ...headers } };
}

const NO_BYTES = Buffer.alloc(0);

export interface Bytes {
  readonly body: S3Body;
  /** Length of the body. */
  readonly size: number;
  /** What the sender says that the bytes are, in base64. */
  readonly contentMd5?: string | undefined;
}

/** The body of a request; no body is an empty one. */
export function bodyOf({ body, headers }: S3Request): Bytes {
  const contentMd5 = headers['content-md5'];
  if (body === undefined) return { body: NO_BYTES, size: 0, contentMd5 };
  const size = Number(headers['content-length']);
  if (!Number.isSafeInteger(size) || size < 0) throw new S3Error('MissingContentLength');
  return { body, size, contentMd5 };
}

/** Enough for 10,000 parts with their checksums, or 1,000 keys. */
const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

/** The XML that a request brings. Throws MaxMessageLengthExceeded, and the error of the body. */
export async function documentOf(request: S3Request): Promise<Buffer> {
  const { body, size } = bodyOf(request);
  if (size > MAX_DOCUMENT_BYTES) throw new S3Error('MaxMessageLengthExceeded');
  return collect(body, size);
}

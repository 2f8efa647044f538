import { assertKeyLength } from './address.js';
import { isBucketName } from './buckets.js';
import { S3Error } from './errors.js';
import { encodeComponent, encodeKey } from './keys.js';

/** The object that CopyObject or UploadPartCopy reads. */
export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
}

const VERSION = '?versionId=';

/**
 * Reads `x-amz-copy-source`: `bucket/key`, with or without a leading slash, percent-encoded, and perhaps
 * `?versionId=` (AWS, CopyObject). Throws InvalidArgument.
 */
export function parseCopySource(value: string): CopySource {
  const versionAt = value.lastIndexOf(VERSION);
  const path = versionAt < 0 ? value : value.slice(0, versionAt);
  const decoded = decode(path.startsWith('/') ? path.slice(1) : path, value);
  const slash = decoded.indexOf('/');
  const bucket = decoded.slice(0, slash);
  const key = decoded.slice(slash + 1);
  if (slash < 0 || key === '' || !isBucketName(bucket)) throw invalidCopySource(value);
  assertKeyLength(key);
  if (versionAt < 0) return { bucket, key };
  return { bucket, key, versionId: decode(value.slice(versionAt + VERSION.length), value) };
}

/** Writes `x-amz-copy-source` so that every S3 store reads the same bucket, key and version. */
export function formatCopySource({ bucket, key, versionId }: CopySource): string {
  const path = `/${bucket}/${encodeKey(key)}`;
  return versionId === undefined ? path : `${path}${VERSION}${encodeComponent(versionId)}`;
}

function decode(text: string, value: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw invalidCopySource(value, cause);
  }
}

function invalidCopySource(value: string, cause?: unknown): S3Error {
  return new S3Error(
    'InvalidArgument',
    'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    {
      fields: { ArgumentName: 'x-amz-copy-source', ArgumentValue: value },
      cause,
    },
  );
}

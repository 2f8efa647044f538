import { assertKeyLength } from './address.js';
import { isBucketName } from './buckets.js';
import { S3Error } from './errors.js';
import type { HeaderFields } from './fields.js';
import { invalidArgument } from './invalid-argument.js';
import { encodeComponent, encodeKey } from './keys.js';
import type { ByteRange } from './ranges.js';

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

const COPY_RANGE = /^bytes=(\d+)-(\d+)$/;

/**
 * The bytes that x-amz-copy-source-range names of a source of `size` bytes; all of them without it. They have to be there all
 * (AWS, UploadPartCopy). Throws InvalidArgument, InvalidRange.
 */
export function copySourceRange(headers: HeaderFields, size: number): ByteRange {
  const name = 'x-amz-copy-source-range';
  const header = headers[name];
  if (header === undefined) return { start: 0, end: size - 1 };
  const [, start, end] = COPY_RANGE.exec(header)?.map(Number) ?? [];
  if (start === undefined || end === undefined || end < start) {
    const message =
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the ' +
      'zero-based offsets of the first and last bytes to copy';
    throw invalidArgument(name, header, message);
  }
  if (end < size) return { start, end };
  if (start >= size) throw new S3Error('InvalidRange');
  throw invalidArgument(name, header, `Range specified is not valid for source object of size: ${size}`);
}

/** `COPY` or `REPLACE`, of x-amz-metadata-directive or x-amz-tagging-directive. Throws InvalidArgument. */
export function directiveOf(headers: HeaderFields, name: string): 'COPY' | 'REPLACE' {
  const directive = headers[name] ?? 'COPY';
  if (directive === 'COPY' || directive === 'REPLACE') return directive;
  throw invalidArgument(name, directive, `Unknown ${name.replace('x-amz-', '')}.`);
}

/**
 * For a copy of an object onto itself. `changes`: the headers that change an object where it is copied to.
 *
 * @throws S3Error InvalidRequest unless it changes anything (AWS, CopyObject); InvalidArgument for an unknown directive
 */
export function assertChanges(headers: HeaderFields, changes: readonly string[]): void {
  if (directiveOf(headers, 'x-amz-metadata-directive') === 'REPLACE') return;
  if (changes.some((name) => headers[name] !== undefined)) return;
  throw new S3Error(
    'InvalidRequest',
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's " +
      'metadata, storage class, website redirect location or encryption attributes.',
  );
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

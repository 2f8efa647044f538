import { CHECKSUM_HEADERS } from '../../s3/checksums.js';
import { S3Error } from '../../s3/errors.js';
import { fieldsOf } from '../../s3/fields.js';
import type { HeaderFields, S3Request } from '../../s3/message.js';

/** How S3 says that an ETag is no hash of the bytes (AWS, "Object" API type). */
export const OPAQUE_ETAG: HeaderFields = { 'x-amz-server-side-encryption': 'aws:kms' };

/** By the ETag of an upload in parts. */
export function partsOf(etag = ''): number | undefined {
  const count = /-(\d{1,5})"?$/.exec(etag)?.[1];
  return count === undefined ? undefined : Number(count);
}

const CHECKSUMS: ReadonlySet<string> = new Set([...Object.values(CHECKSUM_HEADERS), 'x-amz-checksum-type']);

/** Those that a store tells are of what it has. */
export const withoutChecksums = (headers: HeaderFields): HeaderFields =>
  fieldsOf(headers, (name) => !CHECKSUMS.has(name));

export const replaced = (): S3Error =>
  new S3Error('ServiceUnavailable', 'The object was replaced while it was read.', {
    headers: { 'retry-after': '1' },
  });

/** The same object, asked for without its bytes, and without what only decides which of them. */
export function headOf(request: S3Request): S3Request {
  const { signal, bucket, key } = request;
  const headers = fieldsOf(request.headers, (name) => OF_ANY_READ.test(name));
  const query = request.query.filter(([name]) => name === 'versionId');
  return { operation: 'HeadObject', method: 'HEAD', bucket, key, query, headers, signal };
}

const OF_ANY_READ =
  /^x-amz-(?:server-side-encryption-customer-|expected-bucket-owner$|request-payer$)|^x-penumbra-/;

import { STORED_ALGORITHMS, type StoredAlgorithm } from '../../backends/store/checksum-fields.js';
import { CHECKSUM_HEADERS, checksumAlgorithmOf } from '../../s3/checksums.js';
import { S3Error } from '../../s3/errors.js';
import { fieldsOf } from '../../s3/fields.js';
import type { HeaderFields } from '../../s3/message.js';

/** The header fields of a PutObject, given to the requests of an upload in parts that stands for it. */
export interface PartedHeaders {
  readonly create: HeaderFields;
  readonly part: HeaderFields;
  readonly complete: HeaderFields;
  readonly abort: HeaderFields;
  /** What each part has a checksum of. */
  readonly algorithm: StoredAlgorithm | undefined;
}

/** A checksum of the body, or how it is made. */
const CHECKSUM = 'x-amz-checksum-';
const HOW_CHECKSUMS_ARE_MADE = new Set(['x-amz-checksum-algorithm', 'x-amz-checksum-type']);

/** Of the whole body: verified as it came in. */
const OF_THE_BODY = new Set([
  'content-length',
  'content-md5',
  'x-amz-content-sha256',
  'x-amz-sdk-checksum-algorithm',
]);
const CONDITIONS = ['if-match', 'if-none-match'];
const OF_EACH_REQUEST = ['x-amz-expected-bucket-owner', 'x-amz-request-payer'];
/** A customer's key is sent with every request that reads or writes what it encrypts (AWS, "Using SSE-C"). */
const CUSTOMER_KEY = 'x-amz-server-side-encryption-customer-';

/**
 * What belongs to which request (AWS: CreateMultipartUpload, UploadPart, CompleteMultipartUpload). Throws S3Error
 * MissingContentLength for a checksum that only a store could verify, over one request.
 */
export function partedHeaders(put: HeaderFields): PartedHeaders {
  const isGiven = (algorithm: StoredAlgorithm) => put[CHECKSUM_HEADERS[algorithm]] !== undefined;
  const algorithm = STORED_ALGORITHMS.find(isGiven);
  const abort = fieldsOf(put, (name) => OF_EACH_REQUEST.includes(name));
  const part = fieldsOf(put, (name) => name in abort || name.startsWith(CUSTOMER_KEY));
  const conditions = fieldsOf(put, (name) => CONDITIONS.includes(name));
  return {
    create: { ...fieldsOf(put, (name) => isOfTheObject(name)), ...announced(algorithm) },
    part,
    complete: { ...part, ...conditions, ...whole(algorithm, put) },
    abort,
    algorithm,
  };
}

function isOfTheObject(name: string): boolean {
  if (!name.startsWith(CHECKSUM)) return !OF_THE_BODY.has(name) && !CONDITIONS.includes(name);
  if (checksumAlgorithmOf(name) || HOW_CHECKSUMS_ARE_MADE.has(name)) return false;
  throw new S3Error('MissingContentLength');
}

const announced = (algorithm: StoredAlgorithm | undefined): HeaderFields =>
  algorithm
    ? { 'x-amz-checksum-algorithm': algorithm.toUpperCase(), 'x-amz-checksum-type': typeOf(algorithm) }
    : {};

/** A CRC of the whole follows from those of the parts, so the store verifies it once more; of a hash it has one of hashes. */
function whole(algorithm: StoredAlgorithm | undefined, put: HeaderFields): HeaderFields {
  if (!algorithm || typeOf(algorithm) !== 'FULL_OBJECT') return {};
  const header = CHECKSUM_HEADERS[algorithm];
  return { [header]: put[header] ?? '', 'x-amz-checksum-type': 'FULL_OBJECT' };
}

const typeOf = (algorithm: StoredAlgorithm): 'FULL_OBJECT' | 'COMPOSITE' =>
  algorithm.startsWith('crc') ? 'FULL_OBJECT' : 'COMPOSITE';

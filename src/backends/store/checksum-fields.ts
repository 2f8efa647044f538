import { CHECKSUM_HEADERS } from '../../s3/checksums.js';
import { invalidArgument } from '../../s3/invalid-argument.js';
import type { HeaderFields, S3Request } from '../../s3/message.js';
import type { Checksums } from '../../s3/xml/checksums.js';
import type { ChecksumType } from './records.js';

export type StoredAlgorithm = keyof Checksums;

export const STORED_ALGORITHMS: readonly StoredAlgorithm[] = [
  'crc32',
  'crc32c',
  'crc64nvme',
  'sha1',
  'sha256',
];

/** The checksums of a body that was read to its end, from its header fields or its trailers; they were verified. */
export function checksumsOf(request: Pick<S3Request, 'headers' | 'trailers'>): Checksums | undefined {
  const after = readChecksumFields(request.trailers?.() ?? {});
  const before = readChecksumFields(request.headers);
  return after && before ? { ...before, ...after } : (after ?? before);
}

export function readChecksumFields(fields: HeaderFields): Checksums | undefined {
  const found: Partial<Record<StoredAlgorithm, string>> = {};
  for (const algorithm of STORED_ALGORITHMS) {
    const value = fields[CHECKSUM_HEADERS[algorithm]];
    if (value !== undefined) found[algorithm] = value;
  }
  return Object.keys(found).length > 0 ? found : undefined;
}

/** The header fields that answer an object's or a part's checksums. */
export function checksumFields(checksums: Checksums | undefined, type?: ChecksumType): HeaderFields {
  if (!checksums) return {};
  const fields: Record<string, string> = type ? { 'x-amz-checksum-type': type } : {};
  for (const algorithm of STORED_ALGORITHMS) {
    const value = checksums[algorithm];
    if (value !== undefined) fields[CHECKSUM_HEADERS[algorithm]] = value;
  }
  return fields;
}

/** The algorithm that x-amz-checksum-algorithm announces. Throws InvalidArgument. */
export function announcedAlgorithm(headers: HeaderFields): StoredAlgorithm | undefined {
  const name = headers['x-amz-checksum-algorithm'];
  if (name === undefined) return undefined;
  const algorithm = STORED_ALGORITHMS.find((known) => known === name.toLowerCase());
  if (algorithm) return algorithm;
  throw invalidArgument('x-amz-checksum-algorithm', name, 'Checksum algorithm provided is unsupported.');
}

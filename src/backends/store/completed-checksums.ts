import { CHECKSUM_HEADERS, createChecksum } from '../../s3/checksums.js';
import { S3Error } from '../../s3/errors.js';
import type { HeaderFields } from '../../s3/message.js';
import type { StoredAlgorithm } from './checksum-fields.js';
import { combineCrcs, isCrc } from './combine-crcs.js';
import type { ObjectRecord, PartRecord, UploadRecord } from './records.js';

/**
 * The checksum of an object made of parts: of their checksums (COMPOSITE) or as if taken of all bytes (FULL_OBJECT).
 * None when the upload announced none or a part came without. Throws BadDigest when the client's own differs.
 */
export function completedChecksums(
  { checksumAlgorithm: algorithm, checksumType }: UploadRecord,
  parts: readonly PartRecord[],
  headers: HeaderFields,
): Pick<ObjectRecord, 'checksums' | 'checksumType'> {
  if (!algorithm || !checksumType) return {};
  const digests = parts
    .map(({ checksums }) => checksums?.[algorithm])
    .filter((digest) => digest !== undefined);
  if (digests.length < parts.length) return {};
  const value =
    checksumType === 'COMPOSITE' ? composite(algorithm, digests) : fullObject(algorithm, digests, parts);
  assertNamed(value, headers[CHECKSUM_HEADERS[algorithm]]);
  return { checksums: { [algorithm]: value }, checksumType };
}

function composite(algorithm: StoredAlgorithm, digests: readonly string[]): string {
  const checksum = createChecksum(algorithm);
  for (const digest of digests) checksum.update(Buffer.from(digest, 'base64'));
  return `${checksum.digest()}-${digests.length}`;
}

function fullObject(
  algorithm: StoredAlgorithm,
  digests: readonly string[],
  parts: readonly PartRecord[],
): string {
  if (!isCrc(algorithm)) throw new S3Error('InternalError');
  const sizes = parts.map(({ size }) => size);
  return combineCrcs(algorithm, digests, sizes);
}

/** A composite may be named without the number of its parts. */
function assertNamed(value: string, named: string | undefined): void {
  if (named === undefined || named === value || named === value.replace(/-\d+$/, '')) return;
  throw new S3Error('BadDigest', 'The checksum of the object does not match the checksum you specified.');
}

import { CHECKSUM_HEADERS, isDigest } from '../../s3/checksums.js';
import { fieldsOf } from '../../s3/fields.js';
import type { HeaderFields } from '../../s3/message.js';
import type { Checksums } from '../../s3/xml/checksums.js';
import type { Found, Way } from './belongings.js';
import type { SourceObject } from './source-object.js';

/** Asks a read for the checksum of its object. */
export const ASKING_FOR_CHECKSUMS: HeaderFields = { 'x-amz-checksum-mode': 'ENABLED' };

type KeptAlgorithm = keyof Checksums;

const KEPT_ALGORITHMS: readonly KeptAlgorithm[] = ['crc64nvme', 'crc32', 'crc32c', 'sha1', 'sha256'];

/** A checksum that a store keeps with an object (AWS, "Checking object integrity in Amazon S3"). */
export interface SourceChecksum {
  readonly algorithm: KeptAlgorithm;
  readonly value: string;
  /** Of all bytes, or of the checksums of the parts. */
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
}

/** Undefined when the answer to a read has none. */
export function sourceChecksum({ headers }: Pick<SourceObject, 'headers'>): SourceChecksum | undefined {
  for (const algorithm of KEPT_ALGORITHMS) {
    const value = headers[CHECKSUM_HEADERS[algorithm]];
    if (value !== undefined)
      return { algorithm, value, type: isDigest(algorithm, value) ? 'FULL_OBJECT' : 'COMPOSITE' };
  }
  return undefined;
}

/** Their checksums of parts make that of the whole (the same page, "Full object and composite checksum types"). */
const OF_WHOLE_FROM_PARTS: ReadonlySet<KeptAlgorithm> = new Set(['crc32', 'crc32c', 'crc64nvme']);

/** How the target is told to keep the source's checksum: by its value, or for an upload by its kind. */
export function checksumBelonging(object: SourceObject, way: Way): Found[] {
  const checksum = sourceChecksum(object);
  if (!checksum) return [];
  const { algorithm, value, type } = checksum;
  const variant = `${algorithm} ${type} ${way}`;
  if (way === 'put') {
    if (type === 'COMPOSITE') return [{ what: 'checksum', reason: 'made of parts, and copied by one PUT' }];
    return [{ what: 'checksum', variant, headers: { [CHECKSUM_HEADERS[algorithm]]: value } }];
  }
  if (type === 'FULL_OBJECT' && !OF_WHOLE_FROM_PARTS.has(algorithm))
    return [{ what: 'checksum', reason: 'of the whole, and copied in parts' }];
  const headers = { 'x-amz-checksum-algorithm': algorithm.toUpperCase(), 'x-amz-checksum-type': type };
  return [{ what: 'checksum', variant, headers }];
}

const CHECKSUM = /^x-amz-checksum-(?!mode$)/;

/** An answer without the checksums that its client did not ask for. */
export const withoutChecksums = (headers: HeaderFields): HeaderFields =>
  fieldsOf(headers, (name) => !CHECKSUM.test(name));

import {
  CHECKSUM_ALGORITHMS,
  CHECKSUM_HEADERS,
  type Checksum,
  type ChecksumAlgorithm,
  checksumAlgorithmOf,
  createChecksum,
  isDigest,
} from '../checksums.js';
import { S3Error } from '../errors.js';
import type { HeaderFields } from '../message.js';

/** What has to hold of a body. Both methods throw S3Error when it does not. */
export interface PayloadCheck {
  update(data: Buffer): void;
  /** Judges at the end of the body. */
  verify(trailers: HeaderFields): void;
}

/** Bytes, both included. */
export interface LengthRange {
  readonly min: number;
  readonly max: number;
}

/** A body of so many bytes: EntityTooLarge as soon as it has more, EntityTooSmall when it ends with fewer. */
export function lengthRangeCheck({ min, max }: LengthRange): PayloadCheck {
  let length = 0;
  return {
    update(data) {
      length += data.length;
      if (length > max)
        throw new S3Error('EntityTooLarge', undefined, { fields: { MaxSizeAllowed: String(max) } });
    },
    verify() {
      if (length >= min) return;
      const fields = { ProposedSize: String(length), MinSizeAllowed: String(min) };
      throw new S3Error('EntityTooSmall', undefined, { fields });
    },
  };
}

/** The SHA-256 that was signed along with the request, hexadecimal. */
export function sha256Check(expected: string): PayloadCheck {
  const hash = createChecksum('sha256');
  return check(hash, () => {
    const actual = Buffer.from(hash.digest(), 'base64').toString('hex');
    if (actual === expected) return;
    const fields = { ClientComputedContentSHA256: expected, S3ComputedContentSHA256: actual };
    throw new S3Error('XAmzContentSHA256Mismatch', undefined, { fields });
  });
}

/** Content-MD5 (RFC 1864). Throws S3Error InvalidDigest; a body of another digest is BadDigest. */
export function md5Check(expected: string): PayloadCheck {
  if (!isDigest('md5', expected)) {
    throw new S3Error('InvalidDigest', undefined, { fields: { 'Content-MD5': expected } });
  }
  const hash = createChecksum('md5');
  return check(hash, () => {
    const actual = hash.digest();
    if (actual === expected) return;
    throw new S3Error('BadDigest', undefined, {
      fields: { ExpectedDigest: expected, CalculatedDigest: actual },
    });
  });
}

/**
 * The x-amz-checksum-* that the header has or x-amz-trailer announces, at most one (AWS, "Checking object integrity").
 * Algorithms that are not computed here pass unverified in the header: the store that knows them judges.
 *
 * Throws S3Error InvalidRequest for a malformed one; a body of another digest is BadDigest.
 */
export function checksumCheck(headers: HeaderFields): PayloadCheck | undefined {
  const announced = trailerAlgorithm(headers['x-amz-trailer']);
  const given = CHECKSUM_ALGORITHMS.filter((algorithm) => headers[CHECKSUM_HEADERS[algorithm]] !== undefined);
  const [algorithm, ...others] = announced ? [announced, ...given] : given;
  if (algorithm === undefined) return undefined;
  if (others.length > 0) {
    throw new S3Error(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  if (!announced) digestIn(headers, algorithm);
  const checksum = createChecksum(algorithm);
  return check(checksum, (trailers) => {
    if (checksum.digest() !== digestIn(announced ? trailers : headers, algorithm))
      throw badChecksum(algorithm);
  });
}

function check(checksum: Checksum, verify: PayloadCheck['verify']): PayloadCheck {
  return { update: (data) => checksum.update(data), verify };
}

function trailerAlgorithm(trailer: string | undefined): ChecksumAlgorithm | undefined {
  if (trailer === undefined) return undefined;
  const algorithm = checksumAlgorithmOf(trailer.trim().toLowerCase());
  if (algorithm) return algorithm;
  throw new S3Error('InvalidRequest', 'The value specified in the x-amz-trailer header is not supported', {
    fields: { 'x-amz-trailer': trailer },
  });
}

function digestIn(fields: HeaderFields, algorithm: ChecksumAlgorithm): string {
  const name = CHECKSUM_HEADERS[algorithm];
  const digest = fields[name];
  if (digest !== undefined && isDigest(algorithm, digest)) return digest;
  throw new S3Error('InvalidRequest', `Value for ${name} header is invalid.`);
}

function badChecksum(algorithm: ChecksumAlgorithm): S3Error {
  const name = algorithm.toUpperCase();
  return new S3Error('BadDigest', `The ${name} you specified did not match the calculated checksum.`);
}

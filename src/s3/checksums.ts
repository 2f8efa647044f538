import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc32c } from './payload/crc32c.js';
import { Crc64Nvme } from './payload/crc64nvme.js';

/** The checksum algorithms that are computed here (AWS, "Checking object integrity in Amazon S3"). */
export type ChecksumAlgorithm = 'crc32' | 'crc32c' | 'crc64nvme' | 'sha1' | 'sha256' | 'sha512' | 'md5';

/** A digest taken over a stream, chunk by chunk. */
export interface Checksum {
  update(data: Uint8Array): void;
  /** Base64, big-endian, as in an x-amz-checksum-* header. Call it once, at the end. */
  digest(): string;
}

/** The header field, or trailer, that carries each checksum. */
export const CHECKSUM_HEADERS: Readonly<Record<ChecksumAlgorithm, string>> = {
  crc32: 'x-amz-checksum-crc32',
  crc32c: 'x-amz-checksum-crc32c',
  crc64nvme: 'x-amz-checksum-crc64nvme',
  sha1: 'x-amz-checksum-sha1',
  sha256: 'x-amz-checksum-sha256',
  sha512: 'x-amz-checksum-sha512',
  md5: 'x-amz-checksum-md5',
};

export const CHECKSUM_ALGORITHMS = Object.keys(CHECKSUM_HEADERS) as readonly ChecksumAlgorithm[];

const DIGEST_BYTES: Readonly<Record<ChecksumAlgorithm, number>> = {
  crc32: 4,
  crc32c: 4,
  crc64nvme: 8,
  sha1: 20,
  sha256: 32,
  sha512: 64,
  md5: 16,
};

/** Starts a checksum. */
export function createChecksum(algorithm: ChecksumAlgorithm): Checksum {
  switch (algorithm) {
    case 'crc32':
      return crc32Checksum(crc32);
    case 'crc32c':
      return crc32Checksum(crc32c);
    case 'crc64nvme':
      return new Crc64Nvme();
    default:
      return hashChecksum(algorithm);
  }
}

/** Whether the text is a digest of this algorithm: canonical base64 of the right number of bytes. */
export function isDigest(algorithm: ChecksumAlgorithm, text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === DIGEST_BYTES[algorithm] && bytes.toString('base64') === text;
}

/** How many characters the value of this header field has. Throws RangeError for a field that carries no checksum. */
export function digestLength(header: string): number {
  const algorithm = checksumAlgorithmOf(header);
  if (algorithm === undefined) throw new RangeError(`${header} is no checksum`);
  return Math.ceil(DIGEST_BYTES[algorithm] / 3) * 4;
}

/** The algorithm whose value the header field carries; undefined when it is none of them. */
export function checksumAlgorithmOf(header: string): ChecksumAlgorithm | undefined {
  return CHECKSUM_ALGORITHMS.find((algorithm) => CHECKSUM_HEADERS[algorithm] === header);
}

/** `crc` continues a CRC of 32 bits over more data; 0 starts it. */
function crc32Checksum(crc: (data: Uint8Array, previous: number) => number): Checksum {
  let value = 0;
  return {
    update(data) {
      value = crc(data, value);
    },
    digest() {
      const bytes = Buffer.allocUnsafe(4);
      bytes.writeUInt32BE(value);
      return bytes.toString('base64');
    },
  };
}

function hashChecksum(algorithm: 'sha1' | 'sha256' | 'sha512' | 'md5'): Checksum {
  const hash = createHash(algorithm);
  return {
    update: (data) => hash.update(data),
    digest: () => hash.digest('base64'),
  };
}

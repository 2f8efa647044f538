import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CHECKSUM_ALGORITHMS,
  CHECKSUM_HEADERS,
  type ChecksumAlgorithm,
  checksumAlgorithmOf,
  createChecksum,
  isDigest,
} from '../../src/s3/checksums.js';

// The check values of the CRC catalogue (reveng.sourceforge.io) and of the NIST and RSA documents.
const DIGITS: Record<ChecksumAlgorithm, string> = {
  crc32: 'cbf43926',
  crc32c: 'e3069283',
  crc64nvme: 'ae8b14860a799888',
  sha1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
  sha256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
  sha512:
    'd9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274a' +
    'd27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85',
  md5: '25f9e794323b453885f5181f1b624d0b',
};

const POLYNOMIALS = { crc32c: [0x82f63b78n, 32n], crc64nvme: [0x9a6c9329ac4bc9b5n, 64n] } as const;

function digest(algorithm: ChecksumAlgorithm, ...pieces: Uint8Array[]): string {
  const checksum = createChecksum(algorithm);
  for (const piece of pieces) checksum.update(piece);
  return Buffer.from(checksum.digest(), 'base64').toString('hex');
}

/** The definition of a reflected CRC, bit by bit. */
function slowCrc(data: Uint8Array, polynomial: bigint, width: bigint): string {
  const ones = (1n << width) - 1n;
  let crc = ones;
  for (const byte of data) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ (crc & 1n ? polynomial : 0n);
  }
  return (crc ^ ones).toString(16).padStart(Number(width) / 4, '0');
}

describe.each(CHECKSUM_ALGORITHMS)('the checksum %s', (algorithm) => {
  it('has the published value for "123456789"', () => {
    expect(digest(algorithm, Buffer.from('123456789'))).toBe(DIGITS[algorithm]);
  });

  it('is the same however the data is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), (pieces) => {
        expect(digest(algorithm, ...pieces)).toBe(digest(algorithm, Buffer.concat(pieces)));
      }),
    );
  });

  it('is found by its header field', () => {
    expect(checksumAlgorithmOf(CHECKSUM_HEADERS[algorithm])).toBe(algorithm);
  });

  it('knows its digests from other text', () => {
    const value = createChecksum(algorithm).digest();
    expect(isDigest(algorithm, value)).toBe(true);
    for (const other of [
      '',
      value.slice(0, -4),
      `${value}AAAA`,
      ` ${value}`,
      value.replace(/=+$/, '') || '=',
    ]) {
      expect(isDigest(algorithm, other) && other !== value).toBe(false);
    }
  });
});

describe.each(['crc32c', 'crc64nvme'] as const)('the table-driven %s', (algorithm) => {
  it('is what the definition says, bit by bit', () => {
    const [polynomial, width] = POLYNOMIALS[algorithm];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (data) => {
        expect(digest(algorithm, data)).toBe(slowCrc(data, polynomial, width));
      }),
    );
  });
});

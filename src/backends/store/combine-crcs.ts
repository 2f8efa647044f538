interface Polynomial {
  readonly bits: bigint;
  /** Reflected: the bit of x^0 is the highest. */
  readonly value: bigint;
}

const POLYNOMIALS = {
  crc32: { bits: 32n, value: 0xedb88320n },
  crc32c: { bits: 32n, value: 0x82f63b78n },
  crc64nvme: { bits: 64n, value: 0x9a6c9329ac4bc9b5n },
} satisfies Record<string, Polynomial>;

export type CrcAlgorithm = keyof typeof POLYNOMIALS;

export function isCrc(algorithm: string): algorithm is CrcAlgorithm {
  return Object.hasOwn(POLYNOMIALS, algorithm);
}

/**
 * The CRC of bytes of which only the CRCs and the sizes of their parts are known, all CRCs in base64:
 * crc(a + b) is crc(a) times x to the power of the bits of b, plus crc(b), modulo the polynomial (zlib, crc32_combine).
 */
export function combineCrcs(
  algorithm: CrcAlgorithm,
  crcs: readonly string[],
  sizes: readonly number[],
): string {
  const polynomial = POLYNOMIALS[algorithm];
  const shifts = new Map<number, bigint>();
  const shiftBy = (size: number): bigint => {
    const shift = shifts.get(size) ?? powerOfX(BigInt(size) * 8n, polynomial);
    shifts.set(size, shift);
    return shift;
  };
  const combined = crcs.reduce(
    (crc, next, index) => multiply(crc, shiftBy(sizes[index] ?? 0), polynomial) ^ decode(next),
    0n,
  );
  return encode(combined, polynomial);
}

/** x^exponent modulo the polynomial, by squaring. */
function powerOfX(exponent: bigint, polynomial: Polynomial): bigint {
  let square = 1n << (polynomial.bits - 2n);
  let power = 1n << (polynomial.bits - 1n);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) power = multiply(power, square, polynomial);
    square = multiply(square, square, polynomial);
  }
  return power;
}

function multiply(a: bigint, b: bigint, { bits, value }: Polynomial): bigint {
  let product = 0n;
  let shifted = b;
  for (let bit = 1n << (bits - 1n); bit > 0n; bit >>= 1n) {
    if (a & bit) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ value : shifted >> 1n;
  }
  return product;
}

function decode(crc: string): bigint {
  return BigInt(`0x0${Buffer.from(crc, 'base64').toString('hex')}`);
}

function encode(crc: bigint, { bits }: Polynomial): string {
  return Buffer.from(crc.toString(16).padStart(Number(bits / 4n), '0'), 'hex').toString('base64');
}

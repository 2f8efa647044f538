// CRC-64/NVME (NVM Express NVM Command Set Specification, 5.2.1.3.4), reflected. A 64-bit value is two 32-bit halves,
// because BigInt would cost a heap allocation per byte. Tables and folding are those of crc32c.ts.
const POLYNOMIAL_HIGH = 0x9a6c9329 | 0;
const POLYNOMIAL_LOW = 0xac4bc9b5 | 0;
const SLICES = 8;

const TABLE = buildTable();

/** CRC-64/NVME over a stream. */
export class Crc64Nvme {
  #high = -1;
  #low = -1;

  update(data: Uint8Array): void {
    let high = this.#high;
    let low = this.#low;
    let at = 0;
    for (const end = data.length - (data.length % SLICES); at < end; at += SLICES) {
      low ^= word(data, at);
      high ^= word(data, at + 4);
      const a = 0x700 | (low & 0xff);
      const b = 0x600 | ((low >>> 8) & 0xff);
      const c = 0x500 | ((low >>> 16) & 0xff);
      const d = 0x400 | (low >>> 24);
      const e = 0x300 | (high & 0xff);
      const f = 0x200 | ((high >>> 8) & 0xff);
      const g = 0x100 | ((high >>> 16) & 0xff);
      const h = high >>> 24;
      low = lows(a) ^ lows(b) ^ lows(c) ^ lows(d) ^ lows(e) ^ lows(f) ^ lows(g) ^ lows(h);
      high = highs(a) ^ highs(b) ^ highs(c) ^ highs(d) ^ highs(e) ^ highs(f) ^ highs(g) ^ highs(h);
    }
    for (; at < data.length; at++) {
      const index = (low ^ (data[at] as number)) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ lows(index);
      high = (high >>> 8) ^ highs(index);
    }
    this.#high = high;
    this.#low = low;
  }

  /** Base64 of the eight bytes, big-endian. */
  digest(): string {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeInt32BE(~this.#high, 0);
    bytes.writeInt32BE(~this.#low, 4);
    return bytes.toString('base64');
  }
}

function word(data: Uint8Array, at: number): number {
  return (
    (data[at] as number) |
    ((data[at + 1] as number) << 8) |
    ((data[at + 2] as number) << 16) |
    ((data[at + 3] as number) << 24)
  );
}

function highs(index: number): number {
  return TABLE.high[index] as number;
}

function lows(index: number): number {
  return TABLE.low[index] as number;
}

function buildTable(): { high: Int32Array; low: Int32Array } {
  const high = new Int32Array(SLICES << 8);
  const low = new Int32Array(SLICES << 8);
  for (let value = 0; value < 256; value++) [high[value], low[value]] = crcOfByte(value);
  for (let at = 256; at < low.length; at++) {
    const previousHigh = high[at - 256] as number;
    const previousLow = low[at - 256] as number;
    const index = previousLow & 0xff;
    low[at] = ((previousLow >>> 8) | (previousHigh << 24)) ^ (low[index] as number);
    high[at] = (previousHigh >>> 8) ^ (high[index] as number);
  }
  return { high, low };
}

function crcOfByte(value: number): [high: number, low: number] {
  let high = 0;
  let low = value;
  for (let bit = 0; bit < 8; bit++) {
    const mask = -(low & 1);
    low = ((low >>> 1) | (high << 31)) ^ (POLYNOMIAL_LOW & mask);
    high = (high >>> 1) ^ (POLYNOMIAL_HIGH & mask);
  }
  return [high, low];
}

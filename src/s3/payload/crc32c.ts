const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;

/**
 * Slice n maps a byte to its effect on the CRC n bytes later, so that eight bytes are folded by eight independent
 * look-ups (Kounavis and Berry, "A systematic approach to building high performance software-based CRC generators").
 */
const TABLE = buildTable();

/** CRC-32C (Castagnoli; RFC 3720, B.4) of more data after `previous`; 0 starts it. An unsigned 32-bit number. */
export function crc32c(data: Uint8Array, previous: number): number {
  let crc = ~previous;
  let at = 0;
  for (const end = data.length - (data.length % SLICES); at < end; at += SLICES) crc = fold(crc, data, at);
  for (; at < data.length; at++) crc = entry(0, crc ^ byte(data, at)) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The CRC after the eight bytes at `at`. */
function fold(crc: number, data: Uint8Array, at: number): number {
  const low =
    crc ^
    (byte(data, at) | (byte(data, at + 1) << 8) | (byte(data, at + 2) << 16) | (byte(data, at + 3) << 24));
  return (
    entry(7, low) ^
    entry(6, low >>> 8) ^
    entry(5, low >>> 16) ^
    entry(4, low >>> 24) ^
    entry(3, byte(data, at + 4)) ^
    entry(2, byte(data, at + 5)) ^
    entry(1, byte(data, at + 6)) ^
    entry(0, byte(data, at + 7))
  );
}

function entry(slice: number, value: number): number {
  return TABLE[(slice << 8) | (value & 0xff)] as number;
}

function byte(data: Uint8Array, at: number): number {
  return data[at] as number;
}

function buildTable(): Int32Array {
  const table = new Int32Array(SLICES << 8);
  for (let value = 0; value < 256; value++) {
    let crc = value;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (POLYNOMIAL & -(crc & 1));
    table[value] = crc;
  }
  for (let at = 256; at < table.length; at++) {
    const previous = table[at - 256] as number;
    table[at] = (previous >>> 8) ^ (table[previous & 0xff] as number);
  }
  return table;
}

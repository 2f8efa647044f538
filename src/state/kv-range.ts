import type { KvRange } from './kv.js';

/** A range as bytes: start <= key < end. It may be empty. */
export interface KvBounds {
  readonly start: Buffer;
  readonly end: Buffer;
}

/** Below every key, since a key is not empty. */
const BELOW_ALL = Buffer.of(0);

/** Above every key: UTF-8 holds no byte 0xFF. */
const ABOVE_ALL = Buffer.of(0xff);

/** The one interval of bytes that a range stands for. */
export function boundsOf({ prefix = '', start = '', end }: KvRange): KvBounds {
  return {
    start: greater(BELOW_ALL, greater(Buffer.from(prefix), Buffer.from(start))),
    end: lesser(afterPrefix(prefix), end === undefined ? ABOVE_ALL : Buffer.from(end)),
  };
}

/** The first bytes after all keys with the prefix; there is room, since its last byte is not 0xFF. */
function afterPrefix(prefix: string): Buffer {
  if (prefix === '') return ABOVE_ALL;
  const bytes = Buffer.from(prefix);
  const last = bytes.length - 1;
  bytes.writeUInt8(bytes.readUInt8(last) + 1, last);
  return bytes;
}

const greater = (a: Buffer, b: Buffer): Buffer => (Buffer.compare(a, b) > 0 ? a : b);
const lesser = (a: Buffer, b: Buffer): Buffer => (Buffer.compare(a, b) < 0 ? a : b);

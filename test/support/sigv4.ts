import { createHash } from 'node:crypto';

export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Text as node:http hands over the UTF-8 of a header field: one character per byte. */
export function onTheWire(text: string): string {
  return Buffer.from(text).toString('latin1');
}

import type { Readable } from 'node:stream';
import type { Allowance } from './allowance.js';

export interface Piece {
  readonly bytes: Buffer;
  /** The body has ended with it. */
  readonly isLast: boolean;
}

export interface CutOptions {
  /** Length of all pieces but the last one, which is shorter or empty only where it is the first. */
  readonly size: number;
  /** What the bytes count against from when they come until the next piece is asked for. */
  readonly allowance: Allowance;
}

/**
 * Cuts a body into buffers, the last of which is known as such: one piece at least. Who stops early destroys the body.
 * Throws what the body fails with, and S3Error SlowDown.
 */
export async function* cut(body: Readable, { size, allowance }: CutOptions): AsyncGenerator<Piece, void> {
  let held: Buffer[] = [];
  let length = 0;
  let taken = 0;
  /** What is held, as one. */
  const piece = (isLast: boolean): Piece => {
    const bytes = Buffer.concat(held, length);
    held = [];
    length = 0;
    return { bytes, isLast };
  };
  const hold = (bytes: Buffer) => {
    held.push(bytes);
    length += bytes.length;
  };
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      allowance.take(chunk.length);
      taken += chunk.length;
      let rest = chunk;
      while (length + rest.length > size) {
        const missing = size - length;
        hold(rest.subarray(0, missing));
        rest = rest.subarray(missing);
        yield piece(false);
        allowance.giveBack(size);
        taken -= size;
      }
      hold(rest);
    }
    yield piece(true);
  } finally {
    allowance.giveBack(taken);
  }
}

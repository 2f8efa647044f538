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
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      allowance.take(chunk.length);
      taken += chunk.length;
      let rest = chunk;
      while (length + rest.length > size) {
        const missing = size - length;
        yield { bytes: Buffer.concat([...held, rest.subarray(0, missing)], size), isLast: false };
        allowance.giveBack(size);
        taken -= size;
        held = [];
        length = 0;
        rest = rest.subarray(missing);
      }
      held.push(rest);
      length += rest.length;
    }
    yield { bytes: Buffer.concat(held, length), isLast: true };
  } finally {
    allowance.giveBack(taken);
  }
}

import { finished, Readable, type Transform, type Writable } from 'node:stream';
import type { S3Body } from './message.js';

/** A body whose source uses the memory of its chunks again, once they are given back. */
export interface LentBody extends Readable {
  /** Nobody looks at this chunk any more; only for who read it from this body, and handed it to nobody else. */
  giveBack(chunk: Buffer): void;
}

export const isLent = (body: Readable): body is LentBody => 'giveBack' in body;

/** A body that ends only if its bytes have this MD5, in base64: who reads it to its end need not compute it again. */
export interface ProvenBody extends Readable {
  readonly provenMd5: string;
}

export const isProven = (body: S3Body): body is ProvenBody => 'provenMd5' in body;

/** Writes a chunk of a body on, and gives it back when that is done. Returns whether there is room for more. */
export function passOn(chunk: Buffer, body: Readable, to: Writable): boolean {
  if (!isLent(body)) return to.write(chunk);
  return to.write(chunk, (error) => {
    if (!error) body.giveBack(chunk);
  });
}

/**
 * The whole of a body that is small by nature: an error, a listing, another XML document.
 *
 * @param tooLong makes what is thrown for a body of more than `limit` bytes
 */
export async function collect(
  body: S3Body | undefined,
  limit: number,
  tooLong: () => Error = () => new RangeError(`body longer than ${limit} bytes`),
): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0);
  if (Buffer.isBuffer(body)) return body;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) throw tooLong();
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length);
}

export function toReadable(body: S3Body | undefined): Readable {
  if (body === undefined) return Readable.from([]);
  return Buffer.isBuffer(body) ? Readable.from([body]) : body;
}

/** Frees what an unwanted body holds. A stream that nobody reads any more may fail without anyone to tell. */
export function discard(body: S3Body | undefined): void {
  if (body !== undefined && !Buffer.isBuffer(body)) body.on('error', () => undefined).destroy();
}

/** A body changed on its way. Fails with the error of the body; to destroy it destroys the body. */
export function passThrough<T extends Transform>(body: S3Body, transform: T): T {
  const source = toReadable(body);
  // `pipeline` would blame the source for what befalls its reader.
  finished(source, { writable: false }, (error) => error && transform.destroy(error));
  transform.on('error', () => undefined).once('close', () => source.destroy());
  return source.pipe(transform);
}

import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ManifestError } from './manifest-error.js';

/** What every gzip file begins with (RFC 1952, 2.3.1). */
const GZIP = Buffer.from([0x1f, 0x8b]);

/** Bytes as they are, or what gzip made them of. @throws ManifestError, and what `bytes` fails with */
export async function* unpacked(bytes: Readable): AsyncGenerator<Buffer> {
  const chunks = bytes[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head: Buffer = Buffer.alloc(0);
  while (head.length < GZIP.length) {
    const next = await chunks.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  const all = Readable.from(joined(head, chunks));
  yield* head.subarray(0, GZIP.length).equals(GZIP) ? unzipped(all) : all;
}

async function* joined(head: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  } finally {
    await chunks.return?.();
  }
}

async function* unzipped(packed: Readable): AsyncGenerator<Buffer> {
  // The reader of the last stream is told of every error.
  const plain = pipeline(packed, createGunzip(), () => undefined);
  try {
    yield* plain;
  } catch (error) {
    if (!isOfZlib(error)) throw error;
    throw new ManifestError(`the manifest is not a whole gzip file (${error.code})`, { cause: error });
  }
}

const isOfZlib = (error: unknown): error is Error & { code: string } =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');

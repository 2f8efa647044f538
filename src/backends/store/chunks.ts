import { finished, type Readable } from 'node:stream';
import { S3Error } from '../../s3/errors.js';
import type { S3Body } from '../../s3/message.js';
import type { Digest } from './persistence.js';

/** The chunks of a body as they come, each passed to `digest` first. Throws IncompleteBody unless they are `size` bytes. */
export async function* chunksOf(body: S3Body, size: number, digest?: Digest): AsyncGenerator<Buffer, void> {
  let received = 0;
  for await (const chunk of Buffer.isBuffer(body) ? [body] : (body as AsyncIterable<Buffer>)) {
    received += chunk.length;
    if (received > size) break;
    digest?.update(chunk);
    yield chunk;
  }
  if (received !== size) throw new S3Error('IncompleteBody');
}

/** All of a body of `size` bytes, which has to be small. Throws IncompleteBody. */
export async function collect(body: S3Body, size: number, digest?: Digest): Promise<Buffer> {
  const bytes = Buffer.isBuffer(body) ? body : await read(body, size);
  if (bytes.length !== size) throw new S3Error('IncompleteBody');
  digest?.update(bytes);
  return bytes;
}

/** By its events, which cost a small body half as much as to iterate over it. */
async function read(body: Readable, size: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let received = 0;
  await new Promise<void>((resolve, reject) => {
    finished(body, { writable: false }, (error) => (error ? reject(error) : resolve()));
    body.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      received += chunk.length;
      if (received > size) body.destroy(new S3Error('IncompleteBody'));
    });
  });
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

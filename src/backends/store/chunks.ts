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
  const chunks: Buffer[] = [];
  for await (const chunk of chunksOf(body, size, digest)) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

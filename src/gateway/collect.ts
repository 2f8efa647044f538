import type { S3Body } from '../s3/message.js';

/** The whole of a body that is small by nature; throws what `tooLong` makes when it has more than `limit` bytes. */
export async function collect(body: S3Body, limit: number, tooLong: () => Error): Promise<Buffer> {
  if (Buffer.isBuffer(body)) return body;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

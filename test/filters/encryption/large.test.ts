import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, it } from 'vitest';
import { storedSize } from '../../../src/filters/encryption/format.js';
import type { HeaderFields, S3Request, S3Service } from '../../../src/s3/message.js';
import { encrypting } from './encrypting.js';

const PIECE = randomBytes(256 * 1024);
const SIZE = 1024 ** 3;
/** Beside the chunks what nobody has cleared away yet. */
const MOST_HELD = 192 * 1024 * 1024;

function* generated(): Generator<Buffer> {
  for (let sent = 0; sent < SIZE; sent += PIECE.length) yield PIECE;
}

/** A store that keeps nothing but the metadata: what it is given as an upload, it hands to the one reader. */
function channel() {
  let stored: { readonly headers: HeaderFields; readonly body: Readable } | undefined;
  let isHere: () => void = () => undefined;
  const here = new Promise<void>((resolve) => {
    isHere = resolve;
  });
  const store: S3Service = async ({ operation, headers, body }) => {
    if (operation === 'PutObject' && body instanceof Readable) {
      stored = { headers, body };
      isHere();
      await new Promise((resolve) => body.once('close', resolve));
      return { status: 200, headers: { etag: '"e"' } };
    }
    await here;
    return {
      status: 200,
      headers: { ...stored?.headers, etag: '"e"' },
      body: stored?.body ?? Readable.from([]),
    };
  };
  return store;
}

const request = (operation: 'PutObject' | 'GetObject', more: Partial<S3Request> = {}): S3Request => ({
  operation,
  method: operation === 'PutObject' ? 'PUT' : 'GET',
  bucket: 'bucket',
  key: 'key',
  query: [],
  headers: {},
  signal: new AbortController().signal,
  ...more,
});

it('encrypts and decrypts 1 GiB as it passes, holding a few chunks of it', async () => {
  const service = encrypting()(channel());
  const headers = { 'content-length': String(SIZE) };
  const body = Readable.from(generated(), { objectMode: false });
  const before = process.memoryUsage().arrayBuffers;
  const put = service(request('PutObject', { headers, body }));
  const answer = await service(request('GetObject'));
  expect(answer.headers['content-length']).toBe(String(SIZE));
  let [length, held] = [0, 0];
  await pipeline(answer.body as Readable, async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      const at = length % PIECE.length;
      if (!chunk.equals(PIECE.subarray(at, at + chunk.length))) throw new Error(`other bytes at ${length}`);
      length += chunk.length;
      held = Math.max(held, process.memoryUsage().arrayBuffers - before);
    }
  });
  expect((await put).status).toBe(200);
  expect(length).toBe(SIZE);
  expect(held).toBeLessThan(MOST_HELD);
  expect(storedSize(SIZE)).toBe(SIZE + 48 * 16_384);
});

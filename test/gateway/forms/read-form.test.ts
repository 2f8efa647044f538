import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readForm } from '../../../src/gateway/forms/read-form.js';
import { S3Error } from '../../../src/s3/errors.js';
import { systemClock } from '../../../src/system/clock.js';

const BOUNDARY = 'b-1';
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** Bytes among which there is much that looks like the end of a part. */
const treacherous = fc
  .array(fc.constantFrom('\r', '\n', '\r\n', '-', '--', `--${BOUNDARY.slice(0, 2)}`, 'x', '\0', '"'), {
    maxLength: 40,
  })
  .map((pieces) => Buffer.from(pieces.join('')))
  .filter((bytes) => !bytes.includes(`--${BOUNDARY}`));

function written(value: string, file: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="Key"\r\n\r\n${value}\r\n`),
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n`),
    file,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
}

/** The body as the network may cut it. */
function* inPieces(body: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, i = 0; at < body.length; i++) {
    const size = sizes[i % sizes.length] ?? body.length;
    yield body.subarray(at, at + size);
    at += size;
  }
}

async function read(body: Buffer, sizes: readonly number[]) {
  const incoming = Readable.from(inPieces(body, sizes), { objectMode: false });
  const { fields, fileName, file } = await readForm(incoming, TYPE, systemClock);
  return { fields, fileName, file: await buffer(file) };
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 });

describe('a form', () => {
  it('is read whole however the network cuts it, and whatever is in its file', async () => {
    const property = fc.asyncProperty(treacherous, sizes, async (bytes, cut) => {
      const { fields, fileName, file } = await read(written('a/ü', bytes), cut);
      expect([fields, fileName, file]).toEqual([new Map([['key', 'a/ü']]), 'f', bytes]);
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it('never counts as whole when it is cut short', async () => {
    const whole = written('key', Buffer.from('content'));
    const end = whole.length - '--\r\n'.length;
    const property = fc.asyncProperty(fc.integer({ min: 0, max: end }), sizes, async (length, cut) => {
      const failure = await read(whole.subarray(0, length), cut).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(S3Error);
      expect(failure).toMatchObject({ code: 'MalformedPOSTRequest' });
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it('is read or refused, and brings nothing down, whatever comes in its place', async () => {
    const piece = fc.constantFrom(
      '\r\n',
      '\r\n\r\n',
      '--',
      `--${BOUNDARY}`,
      `\r\n--${BOUNDARY}\r\n`,
      `\r\n--${BOUNDARY}--`,
      'Content-Disposition: form-data; name="file"',
      'Content-Disposition: form-data; name="file"; filename="f"\r\n\r\n',
      'Content-Disposition: form-data; name="key"\r\n\r\n',
      'Content-Disposition: file; name="file"\r\n\r\n',
      'Content-Type: text/plain; charset=utf-16le\r\n',
      'x'.repeat(9_000),
      '"',
      ';',
      'ü',
    );
    const property = fc.asyncProperty(fc.array(piece, { maxLength: 14 }), sizes, async (pieces, cut) => {
      const outcome = await read(Buffer.from(pieces.join('')), cut).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(S3Error);
    });
    await fc.assert(property, { numRuns: 1_000 });
  });

  it('fails as its connection does', async () => {
    async function* broken() {
      yield written('key', Buffer.alloc(100_000)).subarray(0, 50_000);
      throw new Error('reset');
    }
    const incoming = Readable.from(broken(), { objectMode: false });
    const { file } = await readForm(incoming, TYPE, systemClock);
    await expect(buffer(file)).rejects.toMatchObject({ code: 'IncompleteBody' });
  });

  it('can be left before its file is read', async () => {
    const incoming = Readable.from(inPieces(written('key', Buffer.alloc(1_000_000)), [65_536]), {
      objectMode: false,
    });
    await readForm(incoming, TYPE, systemClock);
    incoming.destroy(new Error('gone'));
    await expect.poll(() => incoming.destroyed).toBe(true);
  });
});

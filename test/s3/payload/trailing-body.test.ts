import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CHECKSUM_HEADERS, type ChecksumAlgorithm, createChecksum } from '../../../src/s3/checksums.js';
import { trailingBody, trailingLength } from '../../../src/s3/payload/trailing-body.js';
import { verifiedBody } from '../../../src/s3/payload/verified-body.js';

function payloadOf(content: Buffer, algorithm: ChecksumAlgorithm, cut: number) {
  const checksum = createChecksum(algorithm);
  checksum.update(content);
  const digest = checksum.digest();
  const announced = CHECKSUM_HEADERS[algorithm];
  const pieces = [];
  for (let at = 0; at < content.length; at += cut) pieces.push(content.subarray(at, at + cut));
  const body = Readable.from(pieces, { objectMode: false });
  return { body, contentLength: content.length, announced, trailers: () => ({ [announced]: digest }) };
}

test('a body of any length is one that a store reads, of the length that was told, whatever the checksum', async () => {
  const lengths = fc.oneof(fc.nat(300), fc.constantFrom(65_535, 65_536, 65_537, 131_072, 200_001));
  const algorithms = fc.constantFrom(...(Object.keys(CHECKSUM_HEADERS) as ChecksumAlgorithm[]));
  await fc.assert(
    fc.asyncProperty(
      lengths,
      algorithms,
      fc.integer({ min: 7, max: 90_000 }),
      async (length, algorithm, cut) => {
        const content = Buffer.alloc(length, 'penumbra');
        const payload = payloadOf(content, algorithm, cut);
        const sent = await buffer(trailingBody(payload));
        expect(sent.length).toBe(trailingLength(payload));
        const headers = {
          'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
          'x-amz-decoded-content-length': String(length),
          'x-amz-trailer': payload.announced,
        };
        const source = Readable.from([sent]);
        const read = verifiedBody(source, { headers, verified: undefined, contentLength: sent.length });
        expect(content.equals(await buffer(read.body))).toBe(true);
        expect(read.trailers()).toEqual(payload.trailers());
      },
    ),
    { numRuns: 50 },
  );
});

test('a body that fails fails as it did, and its reader’s failure is none of its own', async () => {
  const failure = new Error('the client has left');
  const broken = payloadOf(Buffer.alloc(100_000), 'crc32', 1_000);
  const sent = trailingBody(broken);
  broken.body.destroy(failure);
  await expect(buffer(sent)).rejects.toBe(failure);

  const left = payloadOf(Buffer.alloc(1_000_000), 'crc32', 1_000);
  trailingBody(left).destroy(new Error('the store has left'));
  await expect.poll(() => left.body.destroyed).toBe(true);
  expect(left.body.errored).toBeNull();
});

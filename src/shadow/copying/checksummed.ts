import { Readable } from 'node:stream';
import { CHECKSUM_HEADERS, type ChecksumAlgorithm, createChecksum } from '../../s3/checksums.js';
import type { S3Request } from '../../s3/message.js';

/** Bytes with their checksum as a trailer, taken while they are sent. */
export function checksummed(
  bytes: Readable,
  algorithm: ChecksumAlgorithm,
): Required<Pick<S3Request, 'body' | 'announcedTrailer' | 'trailers'>> {
  const field = CHECKSUM_HEADERS[algorithm];
  const checksum = createChecksum(algorithm);
  let digest: string | undefined;
  async function* passing(): AsyncGenerator<Buffer> {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      checksum.update(chunk);
      yield chunk;
    }
    digest = checksum.digest();
  }
  return {
    body: Readable.from(passing(), { objectMode: false }),
    announcedTrailer: field,
    trailers: () => (digest === undefined ? {} : { [field]: digest }),
  };
}

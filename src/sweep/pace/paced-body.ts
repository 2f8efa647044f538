import { pipeline, Readable, Transform } from 'node:stream';
import type { S3Filter, S3Response } from '../../s3/message.js';
import type { TokenBucket } from './token-bucket.js';

export interface PacingOptions {
  /** What bytes are taken from, one for each. */
  readonly bucket: TokenBucket;
  /** Told of the bytes that went through. */
  readonly passed: (bytes: number) => void;
}

/** A piece takes no more of what passes in a second than this part, so that many bodies flow side by side; and no less than so many bytes. */
const PIECE_SECONDS = 0.1;
const LEAST_PIECE = 1_024;

/** Paces the bytes of objects that are read, chunk by chunk. Without a limit a body is left as it is, and counted when it has ended. */
export const pacingBodies =
  (options: PacingOptions): S3Filter =>
  (service) =>
  async (request) => {
    const answer = await service(request);
    if (request.operation !== 'GetObject' || answer.status >= 300) return answer;
    return paced(answer, { ...options, signal: request.signal });
  };

function paced(
  answer: S3Response,
  { bucket, passed, signal }: PacingOptions & { readonly signal: AbortSignal },
): S3Response | Promise<S3Response> {
  const { body } = answer;
  if (body === undefined) return answer;
  if (body instanceof Readable && !bucket.isUnlimited)
    return { ...answer, body: pacedBody(body, { bucket, passed }) };
  if (body instanceof Readable) {
    const bytes = Number(answer.headers['content-length'] ?? 0);
    body.once('end', () => passed(bytes));
    return answer;
  }
  const counted = () => {
    passed(body.length);
    return answer;
  };
  return bucket.take(body.length, signal)?.then(counted) ?? counted();
}

/** The same bytes: no more than two chunks are held. It fails as `source` does, and destroys it when it is destroyed itself. */
function pacedBody(source: Readable, { bucket, passed }: PacingOptions): Readable {
  const left = new AbortController();

  async function pass(chunk: Buffer): Promise<void> {
    for (let from = 0; from < chunk.length; ) {
      const length = Math.max(LEAST_PIECE, Math.floor(bucket.perSecond * PIECE_SECONDS));
      const piece = chunk.subarray(from, from + length);
      await bucket.take(piece.length, left.signal);
      passed(piece.length);
      body.push(piece);
      from += piece.length;
    }
  }

  const body = new Transform({
    highWaterMark: 1,
    transform: (chunk: Buffer, _, done) => {
      pass(chunk).then(() => done(), done);
    },
    destroy(error, done) {
      left.abort(error ?? new Error('the body is not read any more'));
      done(error);
    },
  });
  return pipeline(source, body, () => undefined);
}

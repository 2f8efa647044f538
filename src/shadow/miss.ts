import { discard } from '../s3/body.js';
import { S3Error } from '../s3/errors.js';
import type { S3Request, S3Response, S3Service } from '../s3/message.js';
import { readError } from '../s3/xml/error.js';
import type { Clock } from '../system/clock.js';
import { ask, isSuccess, readBody } from './ask.js';

const KNOWN_FOR_MS = 60_000;
const ERROR_BODY_BYTES = 64 * 1024;

/** Remembers that a bucket was seen to exist, so that a HEAD's 404, which has no code, can be understood. */
export class BucketPresence {
  #seenAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly service: S3Service,
    private readonly clock: Clock,
  ) {}

  /** @throws S3Error ServiceUnavailable when the store says neither that the bucket is there nor that it is not */
  async isKnown(signal: AbortSignal): Promise<boolean> {
    if (this.clock.now() - this.#seenAt < KNOWN_FOR_MS) return true;
    const answer = await this.service(ask('HeadBucket', { method: 'HEAD', signal }));
    discard(answer.body);
    if (isSuccess(answer)) this.#seenAt = this.clock.now();
    else if (answer.status !== 404) throw unknownPresence(answer.status);
    return isSuccess(answer);
  }
}

const unknownPresence = (status: number): S3Error =>
  new S3Error('ServiceUnavailable', `A store answered ${status} when it was asked for its bucket.`, {
    headers: { 'retry-after': '1' },
  });

/** An answer, and whether it says that the object is not there. */
export interface Judged {
  readonly answer: S3Response;
  readonly missing: boolean;
}

/** A versioned bucket's own word that the object is gone. */
export const isDeleteMarker = ({ status, headers }: S3Response): boolean =>
  status === 404 && headers['x-amz-delete-marker'] === 'true';

/** NoSuchVersion is said only to who names a version. */
const NOT_FOUND: ReadonlySet<string | undefined> = new Set(['NoSuchKey', 'NoSuchVersion']);

/**
 * Judges by the closed list what is *not found*: 404 with NoSuchKey or NoSuchVersion, or 404 to a HEAD on a bucket known to exist.
 * A delete marker is final, hence no miss.
 */
export async function judge(
  request: S3Request,
  answer: S3Response,
  presence: BucketPresence,
): Promise<Judged> {
  if (answer.status !== 404 || isDeleteMarker(answer)) return { answer, missing: false };
  if (request.method === 'HEAD') return { answer, missing: await presence.isKnown(request.signal) };
  const body = await readBody(answer, ERROR_BODY_BYTES);
  const missing = NOT_FOUND.has(readError(body.toString('utf8'))?.code);
  return { answer: { ...answer, body }, missing };
}

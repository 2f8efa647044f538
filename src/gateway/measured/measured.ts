import { toReadable } from '../../s3/body.js';
import { S3Error } from '../../s3/errors.js';
import type { S3Request, S3Response, S3Service } from '../../s3/message.js';
import type { BucketRecord } from '../../state/buckets.js';
import type { Logger } from '../../system/logger.js';
import type { Allowance } from './allowance.js';
import { cut } from './pieces.js';
import { Refused, UploadInParts } from './upload-in-parts.js';

export interface MeasuredOptions {
  /** Asked for each request anew, for a body can outlast the route by which its bucket was served when it began. */
  readonly service: S3Service;
  /** Which conditions the bucket's target was seen to honour. */
  readonly conditionalWrites: BucketRecord['conditionalWrites'] | undefined;
  readonly allowance: Allowance;
  readonly log: Logger;
  /** Bytes of body that are collected before anything is sent: 16 MiB. */
  readonly pieceSize?: number;
}

const PIECE_SIZE = 16 * 1024 * 1024;

/** Whether the length of the body, if there is one, was known before it began. */
export const isMeasured = ({ body, headers }: S3Request): boolean =>
  body === undefined || headers['content-length'] !== undefined;

/**
 * Serves a request whose body has no length that could be known beforehand. A store wants one: so a body that is not longer
 * than a piece is collected and sent as one request, and an object that is longer is uploaded in parts. Nothing is
 * committed before the body has ended well.
 *
 * Throws S3Error MissingContentLength for what can only be one request and is longer, EntityTooLarge, SlowDown, and
 * what the body and the service fail with.
 */
export async function sendMeasured(request: S3Request, options: MeasuredOptions): Promise<S3Response> {
  const { service, allowance, pieceSize: size = PIECE_SIZE } = options;
  let upload: UploadInParts | undefined;
  try {
    for await (const { bytes, isLast } of cut(toReadable(request.body), { size, allowance })) {
      if (isLast && !upload) return await service(ofLength(request, bytes));
      upload ??= await begin(request, options);
      await upload.sendPart(bytes);
    }
    if (!upload) throw new RangeError('a body has one piece at least');
    return await upload.complete();
  } catch (error) {
    await upload?.abort();
    if (error instanceof Refused) return error.answer;
    throw error;
  }
}

const ofLength = (request: S3Request, body: Buffer): S3Request => ({
  ...request,
  headers: { ...request.headers, 'content-length': String(body.length) },
  body,
});

async function begin(request: S3Request, options: MeasuredOptions): Promise<UploadInParts> {
  if (request.operation !== 'PutObject' || !keepsConditions(request, options)) {
    throw new S3Error('MissingContentLength');
  }
  return UploadInParts.begin(request, options);
}

/** A condition that the target may ignore on CompleteMultipartUpload must not be left to it: it would overwrite. */
const keepsConditions = ({ headers }: S3Request, { conditionalWrites }: MeasuredOptions): boolean =>
  (headers['if-none-match'] === undefined || conditionalWrites?.complete === true) &&
  (headers['if-match'] === undefined || (conditionalWrites?.complete === true && conditionalWrites.match));

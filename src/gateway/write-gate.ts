import { S3Error } from '../s3/errors.js';
import type { S3Request, S3Service } from '../s3/message.js';
import type { BucketRecord } from '../state/buckets.js';
import { isRead } from './switching/out-of-touch.js';

/** Seconds after which a client may try again: AWS SDKs wait longer each time by themselves. */
const RETRY_AFTER = '5';

/** The one read that is not asked for by GET or HEAD (AWS, SelectObjectContent). */
const changesNothing = (request: S3Request): boolean =>
  isRead(request) || request.operation === 'SelectObjectContent';

/**
 * The service of a bucket by its record: while that has its gate closed whatever would change something is refused, unsent. What the gateway writes of its own,
 * copies above all, does not come this way.
 */
export function behindGate({ job }: Pick<BucketRecord, 'job'>, service: S3Service): S3Service {
  if (!job?.gates) return service;
  return async (request) => {
    if (changesNothing(request)) return service(request);
    throw new S3Error('SlowDown', `The bucket is being moved (job ${job.id}). Please try again later.`, {
      headers: { 'retry-after': RETRY_AFTER },
    });
  };
}

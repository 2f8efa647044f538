import { discard } from '../../s3/body.js';
import { S3Error } from '../../s3/errors.js';
import type { S3Request, S3Response, S3Service } from '../../s3/message.js';
import type { OperationName } from '../../s3/operations.js';
import { holdsReaders } from '../../shadow/rungs.js';
import type { BucketRecord } from '../../state/buckets.js';

/** Seconds after which a client may try again. */
const RETRY_AFTER = '2';

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Reads that say something of all keys of a bucket, which the target alone may not know. */
const LISTINGS: ReadonlySet<OperationName> = new Set<OperationName>([
  'ListObjects',
  'ListObjectsV2',
  'ListObjectVersions',
  'ListMultipartUploads',
  'ListParts',
]);

/** Whether a request asks for nothing to be changed. */
export const isRead = ({ method }: Pick<S3Request, 'method'>): boolean => READING.has(method);

/** What a client is told while the gateway is out of touch with the state. */
export const outOfTouch = (): S3Error =>
  new S3Error('ServiceUnavailable', 'The gateway is out of touch with its state. Please try again.', {
    headers: { 'retry-after': RETRY_AFTER },
  });

/** What the service of a bucket is made of once its gateway is out of touch. */
export interface LeftAlone {
  /** Of the settings that the gateway knew last. */
  readonly record: Pick<BucketRecord, 'shadow'>;
  readonly target: S3Service;
  /** Whether nobody can have made another store the target by now. */
  readonly mayRead: boolean;
}

/**
 * How a gateway serves a bucket once others may have gone on without it. Of an object that the target has, clients see that one on every rung but where
 * target and shadow are about to change places. All else depends on settings that may have changed: what the target does not have, listings, and writes.
 */
export const servedOutOfTouch =
  ({ record: { shadow }, target, mayRead }: LeftAlone): S3Service =>
  async (request): Promise<S3Response> => {
    if (!mayRead || (shadow && holdsReaders(shadow))) throw outOfTouch();
    if (!isRead(request) || LISTINGS.has(request.operation)) throw outOfTouch();
    const answer = await target(request);
    if (answer.status !== 404) return answer;
    discard(answer.body);
    throw outOfTouch();
  };

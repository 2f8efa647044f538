import { BackendUnavailable } from '../backends/backend.js';
import { S3Error } from '../s3/errors.js';
import { KvUnavailable } from '../state/kv.js';
import type { Logger } from '../system/logger.js';

/** Seconds after which a client may try again what could not be reached. */
const RETRY_AFTER = '2';

/** What a client is told of a failure. One that is neither S3's nor an outage is a defect: logged, not shown. */
export function toS3Error(failure: unknown, log: Logger): S3Error {
  if (failure instanceof S3Error) return failure;
  if (failure instanceof BackendUnavailable || failure instanceof KvUnavailable) {
    log.warn({ err: failure }, 'unavailable');
    const headers = { 'retry-after': RETRY_AFTER };
    return new S3Error('ServiceUnavailable', undefined, { headers, cause: failure });
  }
  log.error({ err: failure }, 'request failed');
  return new S3Error('InternalError', undefined, { cause: failure });
}

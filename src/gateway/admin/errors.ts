import type { ErrorHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Logger } from 'pino';
import { BackendUnavailable } from '../../backends/backend.js';
import { JobRefused, type RefusalCode } from '../../jobs/refused.js';
import { S3Error } from '../../s3/errors.js';
import { ListingRefused } from '../../shadow/listing/store-page.js';
import { NoBucketForKey } from '../../state/access-keys.js';
import { BackendRemoved } from '../../state/backends.js';
import { KvUnavailable } from '../../state/kv.js';
import { PassRefused } from '../../sweep/passes/control.js';
import { NotTold } from '../inquiries.js';
import { ShadowRefused } from '../probe-refusal.js';
import { TargetRefused } from '../scratch-object.js';

/** A refusal of the admin API: the answer is `{"error":{"code","message"}}`. */
export class AdminError extends Error {
  override readonly name = 'AdminError';

  constructor(
    readonly status: ContentfulStatusCode,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** Every error as JSON; what is no refusal is a defect, logged whole and answered without details. */
export function errorHandler(log: Logger): ErrorHandler {
  return function onError(error, c) {
    const { status, code, message, headers } = asAdminError(error, log);
    return c.json({ error: { code, message } }, status, headers);
  };
}

/** The refusal that an error is told as; what is none is a defect, which is logged. */
export const asAdminError = (error: Error, log: Logger): AdminError =>
  toAdminError(error) ?? defect(error, log);

function toAdminError(error: Error): AdminError | undefined {
  if (error instanceof AdminError) return error;
  if (error instanceof ShadowRefused) return new AdminError(422, 'shadow_refused', error.message);
  if (error instanceof TargetRefused) return new AdminError(422, 'target_refused', error.message);
  if (error instanceof BackendUnavailable) return new AdminError(503, 'backend_unavailable', error.message);
  if (error instanceof NotTold) return new AdminError(503, 'unavailable', error.message);
  if (error instanceof ListingRefused) return new AdminError(502, 'listing_refused', error.message);
  if (error instanceof KvUnavailable) return new AdminError(503, 'state_unavailable', error.message);
  if (error instanceof BackendRemoved) return new AdminError(400, 'no_such_backend', error.message);
  if (error instanceof NoBucketForKey) return new AdminError(404, 'no_such_bucket', error.message);
  if (error instanceof PassRefused) return new AdminError(409, 'pass_refused', error.message);
  if (error instanceof JobRefused)
    return new AdminError(JOB_STATUSES[error.code] ?? 409, error.code, error.message);
  if (error instanceof S3Error) return fromS3Error(error);
  if (error instanceof HTTPException) return fromHttpException(error);
  return undefined;
}

/** What is refused for another reason than how things stand. */
const JOB_STATUSES: Partial<Record<RefusalCode, ContentfulStatusCode>> = {
  no_such_job: 404,
  no_such_bucket: 404,
  same_place: 400,
};

function fromS3Error({ status, code, message }: S3Error): AdminError {
  return new AdminError(status as ContentfulStatusCode, snakeCase(code), message);
}

/** Thrown by Hono's own validators: malformed JSON, a wrong media type, a body that is too large. */
function fromHttpException({ status, message }: HTTPException): AdminError {
  return new AdminError(status, 'invalid_request', message);
}

function defect(error: Error, log: Logger): AdminError {
  log.error({ err: error }, 'admin request failed');
  return new AdminError(500, 'internal_error', 'the gateway failed; its log says why');
}

/** `BucketNotEmpty` is `bucket_not_empty`. */
function snakeCase(code: string): string {
  return code.replace(/(?<=[a-z0-9])[A-Z]/g, '_$&').toLowerCase();
}

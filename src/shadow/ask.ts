import { BackendUnavailable } from '../backends/backend.js';
import { collect } from '../s3/body.js';
import { S3Error } from '../s3/errors.js';
import type { HeaderFields, QueryParameter, S3Body, S3Request, S3Response } from '../s3/message.js';
import type { OperationName } from '../s3/operations.js';
import { TargetRefused } from './copying/copy-outcome.js';

interface Question {
  readonly method?: string;
  readonly key?: string;
  readonly query?: readonly QueryParameter[];
  readonly headers?: HeaderFields;
  readonly body?: S3Body;
  readonly signal: AbortSignal;
}

/** A request of the gateway's own; the bucket is named by the service it goes to. */
export const ask = (operation: OperationName, question: Question): S3Request => ({
  operation,
  method: 'GET',
  bucket: '',
  key: '',
  query: [],
  headers: {},
  ...question,
});

export const isSuccess = (answer: S3Response): boolean => answer.status >= 200 && answer.status < 300;

const BAD_GATEWAY = 502;
const GATEWAY_TIMEOUT = 504;

/**
 * Whether a request may still take effect although it was answered: what answered stands before the store, and had no answer from it (RFC 9110, 15.6.3 and
 * 15.6.5).
 */
export const mayStillApply = ({ status }: Pick<S3Response, 'status'>): boolean =>
  status === BAD_GATEWAY || status === GATEWAY_TIMEOUT;

/** Whether a failure says that its request never left, so that it cannot take effect. */
export function wasNeverSent(failure: unknown): boolean {
  const cause = causeOf(failure);
  return cause instanceof BackendUnavailable && !cause.sent;
}

/** Whether a failure says that a store gave no answer to a request which may have left. */
export function wasLeftUnanswered(failure: unknown): boolean {
  const cause = causeOf(failure);
  return cause instanceof BackendUnavailable
    ? cause.sent
    : cause instanceof TargetRefused && mayStillApply(cause);
}

const causeOf = (failure: unknown): unknown =>
  failure instanceof S3Error ? causeOf(failure.cause) : failure;

/** Longer than any listing or XML result of S3. */
const MAX_DOCUMENT = 16 * 1024 * 1024;

/**
 * The whole body of an answer or request that is small by nature.
 *
 * @throws RangeError when it is longer than `limit` bytes
 */
export const readBody = ({ body }: Pick<S3Response, 'body'>, limit = MAX_DOCUMENT): Promise<Buffer> =>
  collect(body, limit);

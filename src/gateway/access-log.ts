import type { S3Response } from '../s3/message.js';
import { SOURCE } from '../shadow/source.js';
import type { Exchange } from './exchange.js';
import { bytesReceived } from './request-body.js';
import type { Sent } from './respond.js';
import { LATE_ERRORS } from './rewriting.js';

/** Which requests have a line in the log: none, those that were not answered as the client wished (4xx, 5xx, broken off), or every one. */
export const ACCESS_LOGS = ['off', 'errors', 'all'] as const;

export type AccessLog = (typeof ACCESS_LOGS)[number];

/** Whether a request has one. */
export const isNoted = (accessLog: AccessLog, hasFailed: () => boolean): boolean =>
  accessLog === 'all' || (accessLog === 'errors' && hasFailed());

/** A request and its answer, which is over. */
export interface Served {
  readonly exchange: Exchange;
  readonly response: S3Response;
  readonly sent: Sent;
}

export interface Answered {
  readonly response: S3Response;
  readonly sent: Sent;
  /** Of the answer's header, and of its end; unix milliseconds. */
  readonly answeredAt: number;
  readonly endedAt: number;
}

/**
 * The line of an S3 request. Who asked is in it by the id of their key; a signature, a query or a header field never is. Times are milliseconds from when
 * the request's header was read, sizes the bytes of bodies.
 */
export function noteRequest(exchange: Exchange, answered: Answered, accessLog: AccessLog): void {
  const { response, sent, answeredAt, endedAt } = answered;
  const { requestId, incoming, head, identity, startedAt, remote, log } = exchange;
  const code = exchange.code ?? codeOf(exchange, response);
  const hasFailed = () => response.status >= 400 || sent.error !== undefined || code !== undefined;
  if (!isNoted(accessLog, hasFailed)) return;
  const line = {
    requestId,
    remote,
    requester: identity && identity.kind !== 'anonymous' ? identity.accessKeyId : undefined,
    method: incoming.method,
    operation: head?.operation,
    bucket: head?.address.bucket,
    key: head?.address.key,
    status: response.status,
    code,
    bytesIn: bytesReceived(incoming),
    bytesOut: sent.bytes,
    firstByteMs: answeredAt - startedAt,
    ms: endedAt - startedAt,
    source: response.headers[SOURCE],
    err: sent.error,
  };
  log.info(line, sent.error === undefined ? 'request' : 'request broken off');
}

const CODE = /<Error>.*?<Code>(\w+)<\/Code>/s;
/** The code comes first in an error. */
const CODE_WITHIN = 1024;

/** The code of an error that a backend answered, which may come after status 200. */
function codeOf({ head }: Exchange, { status, body }: S3Response): string | undefined {
  const mayFail = status >= 400 || (head !== undefined && LATE_ERRORS.has(head.operation));
  if (!mayFail || !Buffer.isBuffer(body)) return undefined;
  return CODE.exec(body.toString('latin1', 0, CODE_WITHIN))?.[1];
}

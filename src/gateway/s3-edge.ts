import type { IncomingMessage, ServerResponse } from 'node:http';
import { S3Error } from '../s3/errors.js';
import type { S3Request, S3Response } from '../s3/message.js';
import { errorResponse } from '../s3/xml/error.js';
import { from, SOURCE } from '../shadow/source.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import type { Admit } from './admission.js';
import type { Authenticate } from './authenticate.js';
import type { Identity } from './authorize.js';
import { toS3Error } from './failures.js';
import { openRequest } from './open-request.js';
import { discardRest } from './request-body.js';
import { type RequestHead, readHead } from './request-head.js';
import { newRequestId } from './request-id.js';
import { respond, type Sent } from './respond.js';
import { rewriteAnswer } from './rewriting.js';

export interface S3EdgeOptions {
  readonly authenticate: Authenticate;
  readonly admit: Admit;
  readonly domain?: string | undefined;
  /** Where clients find the gateway; without it, where this one did. */
  readonly publicUrl?: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One request and its answer, as far as they have come. */
interface Exchange {
  readonly requestId: string;
  readonly startedAt: number;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly signal: AbortSignal;
  readonly log: Logger;
  head?: RequestHead;
  identity?: Identity;
}

/**
 * Serves S3 on a socket: reads the raw request, checks who sent it and what they may do, hands it to the service of
 * its bucket and writes the answer. All that a client is told passes here; the listener never rejects.
 */
export function createS3Edge(options: S3EdgeOptions) {
  return async function serveS3(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const exchange = openExchange(incoming, outgoing, options);
    const response = await answer(exchange, options).catch((failure) => answerFailure(exchange, failure));
    const sent = await respond(outgoing, response, exchange.requestId).catch((error): Sent => {
      outgoing.destroy();
      return { bytes: 0, error };
    });
    discardRest(incoming, options.clock);
    logAccess(exchange, response, sent, options.clock.now());
  };
}

function openExchange(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { clock, log }: S3EdgeOptions,
): Exchange {
  const requestId = newRequestId();
  const gone = new AbortController();
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  return { requestId, startedAt: clock.now(), incoming, outgoing, signal: gone.signal, log };
}

async function answer(exchange: Exchange, options: S3EdgeOptions): Promise<S3Response> {
  const { incoming, outgoing, signal, requestId } = exchange;
  const head = readHead(incoming, options.domain);
  exchange.head = head;
  const sender = await options.authenticate(head);
  exchange.identity = sender.identity;
  const { service, targetBucket, fields } = await options.admit(sender, head);
  const { clock } = options;
  const request = openRequest({ incoming, outgoing, head, verified: sender.verified, fields, signal, clock });
  const response = await service(request);
  if (targetBucket === undefined) return response;
  const origin = options.publicUrl ?? `http://${head.received.host}`;
  const resource = head.address.rawPath;
  return sourced(
    request,
    await rewriteAnswer(response, request, { requestId, resource, origin, targetBucket }),
  );
}

/** An object that no shadow was asked for is the target's. */
const sourced = ({ operation }: S3Request, answer: S3Response): S3Response =>
  (operation === 'GetObject' || operation === 'HeadObject') && !(SOURCE in answer.headers)
    ? from('target', answer)
    : answer;

function answerFailure({ incoming, requestId, head, log, signal }: Exchange, failure: unknown): S3Response {
  // What is left undone for a client that has gone is no defect.
  const error = signal.aborted ? new S3Error('RequestTimeout') : toS3Error(failure, log.child({ requestId }));
  const { bucket, key, rawPath } = head?.address ?? { bucket: '', key: '', rawPath: pathOf(incoming) };
  return errorResponse(error, { requestId, resource: rawPath, bucket, key }, incoming.method ?? '');
}

/** One line for each request. The key and who asked are in it; a signature or a query never is. */
function logAccess(exchange: Exchange, response: S3Response, { bytes, error }: Sent, now: number): void {
  const { requestId, incoming, head, identity, startedAt, log } = exchange;
  const line = {
    requestId,
    method: incoming.method,
    operation: head?.operation,
    bucket: head?.address.bucket,
    key: head?.address.key,
    requester: identity && identity.kind !== 'anonymous' ? identity.accessKeyId : undefined,
    status: response.status,
    bytes,
    ms: now - startedAt,
    source: response.headers[SOURCE],
  };
  log.info({ ...line, err: error }, error === undefined ? 'request' : 'request broken off');
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '';
}

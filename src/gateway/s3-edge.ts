import type { IncomingMessage, ServerResponse } from 'node:http';
import { S3Error } from '../s3/errors.js';
import type { S3Response } from '../s3/message.js';
import { errorResponse } from '../s3/xml/error.js';
import { SOURCE } from '../shadow/source.js';
import { type AnsweringOptions, createAnswering } from './answering.js';
import { type Exchange, openExchange } from './exchange.js';
import { toS3Error } from './failures.js';
import { discardRest } from './request-body.js';
import { respond, type Sent } from './respond.js';

/**
 * Serves S3 on a socket: reads the raw request, checks who sent it and what they may do, hands it to the service of
 * its bucket and writes the answer. All that a client is told passes here; the listener never rejects.
 */
export function createS3Edge(options: AnsweringOptions) {
  const answer = createAnswering(options);
  return async function serveS3(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const exchange = openExchange(incoming, outgoing, options);
    const response = await answer(exchange).catch((failure) => answerFailure(exchange, failure));
    const sent = await respond(outgoing, response, exchange.requestId).catch((error): Sent => {
      outgoing.destroy();
      return { bytes: 0, error };
    });
    discardRest(incoming, options.clock);
    logAccess(exchange, response, sent, options.clock.now());
  };
}

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

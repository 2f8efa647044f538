import type { IncomingMessage, ServerResponse } from 'node:http';
import { S3Error } from '../s3/errors.js';
import type { S3Response } from '../s3/message.js';
import { errorResponse } from '../s3/xml/error.js';
import { type AccessLog, noteRequest, type Served } from './access-log.js';
import { type AnsweringOptions, createAnswering } from './answering.js';
import { type Exchange, openExchange } from './exchange.js';
import { toS3Error } from './failures.js';
import { countRequest } from './metrics/count-request.js';
import type { Meters } from './metrics/meters.js';
import { discardRest } from './request-body.js';
import { respond, type Sent } from './respond.js';
import type { Tracing } from './tracing/tracing.js';

export interface S3EdgeOptions extends AnsweringOptions {
  /** Every request has a line in the log, unless given. */
  readonly accessLog?: AccessLog | undefined;
  readonly meters: Pick<Meters, 'requests' | 'stopwatch'>;
  readonly tracing?: Pick<Tracing, 'aroundRequests'> | undefined;
}

/**
 * Serves S3 on a socket: reads the raw request, checks who sent it and what they may do, hands it to the service of
 * its bucket and writes the answer. All that a client is told passes here; the listener never rejects.
 */
export function createS3Edge(options: S3EdgeOptions) {
  const answer = createAnswering(options);
  const { clock, meters, accessLog = 'all', tracing } = options;

  async function serveS3(incoming: IncomingMessage, outgoing: ServerResponse): Promise<Served> {
    const startedAt = meters.stopwatch();
    const exchange = openExchange(incoming, outgoing, options);
    const response = await answerOf(exchange);
    const answeredAt = clock.now();
    const firstByteMs = meters.stopwatch() - startedAt;
    const sent = await respond(outgoing, response, exchange.requestId).catch((error): Sent => {
      outgoing.destroy();
      return { bytes: 0, error };
    });
    discardRest(incoming, clock);
    const endMs = meters.stopwatch() - startedAt;
    countRequest(exchange, { response, sent, firstByteMs, endMs }, meters.requests);
    noteRequest(exchange, { response, sent, answeredAt, endedAt: clock.now() }, accessLog);
    return { exchange, response, sent };
  }

  async function answerOf(exchange: Exchange): Promise<S3Response> {
    try {
      return await answer(exchange);
    } catch (failure) {
      return answerFailure(exchange, failure);
    }
  }

  return tracing ? tracing.aroundRequests(serveS3) : serveS3;
}

function answerFailure(exchange: Exchange, failure: unknown): S3Response {
  const { incoming, requestId, head, log, signal } = exchange;
  // What is left undone for a client that has gone is no defect.
  const error = signal.aborted ? new S3Error('RequestTimeout') : toS3Error(failure, log.child({ requestId }));
  exchange.code = error.code;
  const { bucket, key, rawPath } = head?.address ?? { bucket: '', key: '', rawPath: pathOf(incoming) };
  return errorResponse(error, { requestId, resource: rawPath, bucket, key }, incoming.method ?? '');
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '';
}

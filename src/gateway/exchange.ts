import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import type { Identity } from './authorize.js';
import type { RouteMeter } from './metrics/requests.js';
import { remoteOf } from './remote-address.js';
import type { RequestHead } from './request-head.js';
import { newRequestId } from './request-id.js';

/** One request and its answer, as far as they have come. */
export interface Exchange {
  readonly requestId: string;
  readonly startedAt: number;
  readonly remote: string | undefined;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly signal: AbortSignal;
  readonly log: Logger;
  head?: RequestHead;
  identity?: Identity;
  /** Of the error that the gateway answered itself. */
  code?: string;
  /** Once it is known which bucket is asked for. */
  meter?: RouteMeter | undefined;
}

export function openExchange(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Exchange {
  const requestId = newRequestId();
  const gone = new AbortController();
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  return {
    requestId,
    startedAt: clock.now(),
    remote: remoteOf(incoming),
    incoming,
    outgoing,
    signal: gone.signal,
    log,
  };
}

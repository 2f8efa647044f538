import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
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

interface Shared {
  readonly controller: AbortController;
  left: number;
}

/** What a request has left behind on a signal goes with it, so that a connection of many requests does not collect it. */
const REQUESTS_OF_A_SIGNAL = 1_000;

const shared = new WeakMap<Duplex, Shared>();

/** The requests of a connection come one after the other and share a signal, which costs more to make than to sign a request: it aborts when the connection ends early. */
function controllerOf(socket: Duplex): AbortController {
  const known = shared.get(socket);
  if (known && known.left > 0) {
    known.left -= 1;
    return known.controller;
  }
  const controller = new AbortController();
  shared.set(socket, { controller, left: REQUESTS_OF_A_SIGNAL - 1 });
  return controller;
}

export function openExchange(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Exchange {
  const requestId = newRequestId();
  const gone = controllerOf(incoming.socket);
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

import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import { type Listener, Pipelining } from './pipelining.js';
import { Refusals } from './refusals.js';
import type { Shedding } from './shedding.js';
import { Certificate } from './tls/certificate.js';
import { secureContext, type TlsFiles } from './tls/pair.js';

export type { Listener } from './pipelining.js';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly listener: Listener;
  /** Without it HTTP is spoken in the clear. */
  readonly tls?: TlsFiles | undefined;
  /** How long a client may take for the header of a request, in milliseconds. */
  readonly headersMs?: number;
  /** Without it no connection is closed that a client keeps in use. */
  readonly shedding?: Shedding;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface HttpServer {
  readonly port: number;
  /** Accepts no more, lets requests under way end, and cuts them off when `late` aborts. */
  close(late: AbortSignal): Promise<void>;
}

/** Longer than load balancers keep a connection idle (60 s is usual), so that they close it first. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_MS = 60_000;
/** A key of 1,024 bytes, each escaped, 2 KB of metadata, tags and a signature fit well. */
const MAX_HEADER_BYTES = 32 * 1024;
const CLOSING_INTERVAL_MS = 50;

/**
 * Listens. A request may take as long as its body goes on arriving, so there is no deadline for the whole.
 *
 * @throws ConfigError when the certificate cannot be served
 */
export async function listen(options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, clock, tls: files } = options;
  let isClosing = false;
  const certificate = files && (await Certificate.open({ ...options, files }));
  const server = openServer(options, certificate, (incoming, outgoing) => {
    if (isClosing) outgoing.shouldKeepAlive = false;
    options.listener(incoming, outgoing);
  });
  await started(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    async close(late) {
      isClosing = true;
      await closeServer(server, clock, late);
    },
  };
}

function openServer(
  { headersMs = HEADERS_MS, shedding, clock, log }: HttpServerOptions,
  certificate: Certificate | undefined,
  serve: Listener,
): Server {
  const settings: ServerOptions = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: headersMs,
    connectionsCheckingInterval: headersMs / 4,
    requestTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    // A request without a host, and one with an odd expectation, get an answer like all others.
    requireHostHeader: false,
    noDelay: true,
  };
  const server = certificate ? openTls(certificate, settings, log) : createServer(settings);
  // Beyond a number Node would drop header fields in silence; their bytes are limited anyway.
  server.maxHeadersCount = 0;
  shedding?.follow(server, certificate ? 'secureConnection' : 'connection');
  const pipelining: Pipelining = new Pipelining((incoming, outgoing) => {
    // What comes behind the last request is never served, and may reset the connection before its answer was read.
    if (shedding?.picks(incoming.socket) && !pipelining.isPipelined(incoming.socket))
      shedding.closeAfter(incoming, outgoing);
    serve(incoming, outgoing);
  });
  const refusals = new Refusals({ pipelining, clock, log });
  // The listener says itself when it wants the body that a client holds back.
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, pipelining.listener);
  return server.on('clientError', refusals.onClientError).on('connect', refusals.onConnect);
}

/** Connections that are open go on with the certificate that they began with. */
function openTls(certificate: Certificate, settings: ServerOptions, log: Logger): Server {
  const handshakeTimeout = settings.headersTimeout;
  const server = createTlsServer({ ...settings, ...secureContext(certificate.pair), handshakeTimeout });
  server.once('listening', () => certificate.follow((pair) => server.setSecureContext(secureContext(pair))));
  server.once('close', () => certificate.stop());
  return server.on('tlsClientError', (error, { remoteAddress: remote }) =>
    log.debug({ err: error, remote }, 'no TLS'),
  );
}

function started(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Connections fall idle one by one as their requests end; Node closes only those that are idle at the beginning. */
async function closeServer(server: Server, clock: Clock, late: AbortSignal): Promise<void> {
  let isClosed = false;
  server.close(() => {
    isClosed = true;
  });
  while (!isClosed) {
    if (late.aborted) server.closeAllConnections();
    else server.closeIdleConnections();
    await clock.sleep(CLOSING_INTERVAL_MS);
  }
}

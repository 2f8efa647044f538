import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../system/clock.js';

export type Listener = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

export interface HttpServerOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly listener: Listener;
  readonly clock: Clock;
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

/** Listens. A request may take as long as its body goes on arriving, so there is no deadline for the whole. */
export async function listen({ host, port, listener, clock }: HttpServerOptions): Promise<HttpServer> {
  let isClosing = false;
  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_MS,
    requestTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    noDelay: true,
  });
  const serve: Listener = (incoming, outgoing) => {
    if (isClosing) outgoing.shouldKeepAlive = false;
    listener(incoming, outgoing);
  };
  // The listener says itself when it wants the body that a client holds back.
  server.on('request', serve).on('checkContinue', serve);
  await started(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    async close(late) {
      isClosing = true;
      await closeServer(server, clock, late);
    },
  };
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

import { lookup } from 'node:dns';
import { connect as connectPlain, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectEncrypted } from 'node:tls';
import { readBuffers } from './read-buffers.js';

const PROBED_AFTER_MS = 60_000;

export interface Endpoint {
  readonly url: URL;
  /** Of the last connection, so that the next need not begin anew (RFC 8446, 2.2). */
  session?: Buffer;
}

export interface Listener {
  /** It is open, and secure where it has to be. */
  connected(): void;
  /** Bytes have come. Returns whether they are looked at after that call; otherwise their memory is read into again. */
  read(chunk: Buffer): boolean;
}

/** Opens a connection. */
export function connectTo(endpoint: Endpoint, listener: Listener): Socket {
  const { protocol, hostname, port } = endpoint.url;
  const host = hostname.replace(/^\[|\]$/g, '');
  const common = { host, lookup: lookupWithLocalhost };
  return protocol === 'https:'
    ? encrypted(endpoint, { ...common, port: Number(port || 443) }, listener)
    : plain({ ...common, port: Number(port || 80) }, listener);
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly lookup: LookupFunction;
}

function plain(place: Place, { connected, read }: Listener): Socket {
  const settings = {
    ...place,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: PROBED_AFTER_MS,
    onread: {
      buffer: () => readBuffers.take(),
      callback: (length: number, buffer: Uint8Array) => {
        const chunk = readBuffers.lend(buffer as Buffer, length);
        if (!read(chunk)) readBuffers.giveBack(chunk);
        return true;
      },
    },
  };
  return connectPlain(settings, connected);
}

function encrypted(endpoint: Endpoint, place: Place, { connected, read }: Listener): Socket {
  const { session } = endpoint;
  const settings = {
    ...place,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(place.host) === 0 ? { servername: place.host } : {}),
    ...(session ? { session } : {}),
  };
  const socket = connectEncrypted(settings, connected);
  socket.setNoDelay(true).setKeepAlive(true, PROBED_AFTER_MS);
  socket.on('session', (given) => {
    endpoint.session = given;
  });
  // It may be the session that the other side does not like.
  socket.on('error', () => {
    delete endpoint.session;
  });
  return socket.on('data', read);
}

/** Names under `localhost` are loopback (RFC 6761, 6.3), which not every resolver knows. */
const lookupWithLocalhost: LookupFunction = (hostname, options, callback) =>
  lookup(hostname.endsWith('.localhost') ? 'localhost' : hostname, options, callback);

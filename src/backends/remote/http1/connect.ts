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

/**
 * Opens a connection. What comes over it is handed to `read`, which returns whether the bytes are looked at after that call; otherwise
 * their memory is read into again.
 */
export function connectTo(endpoint: Endpoint, read: (chunk: Buffer) => boolean): Socket {
  const { protocol, hostname, port } = endpoint.url;
  const host = hostname.replace(/^\[|\]$/g, '');
  const common = { host, lookup: lookupWithLocalhost };
  return protocol === 'https:'
    ? encrypted(endpoint, { ...common, port: Number(port || 443) }, read)
    : plain({ ...common, port: Number(port || 80) }, read);
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly lookup: LookupFunction;
}

function plain(place: Place, read: (chunk: Buffer) => boolean): Socket {
  return connectPlain({
    ...place,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: PROBED_AFTER_MS,
    onread: {
      buffer: () => readBuffers.take(),
      callback: (length, buffer) => {
        const chunk = readBuffers.lend(buffer as Buffer, length);
        if (!read(chunk)) readBuffers.giveBack(chunk);
        return true;
      },
    },
  });
}

function encrypted(endpoint: Endpoint, place: Place, read: (chunk: Buffer) => boolean): Socket {
  const { session } = endpoint;
  const socket = connectEncrypted({
    ...place,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(place.host) === 0 ? { servername: place.host } : {}),
    ...(session ? { session } : {}),
  });
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

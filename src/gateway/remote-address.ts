import type { IncomingMessage } from 'node:http';

/** Where a request comes from: of one that came through a proxy, the proxy. */
export function remoteOf({ socket }: IncomingMessage): string | undefined {
  // A socket that takes both kinds of address tells one of IPv4 so (RFC 4291, 2.5.5.2).
  return socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '');
}

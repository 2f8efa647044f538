import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

export interface RawServer {
  readonly origin: string;
  /** Everything that was received, over all connections, in the order of its arrival. */
  received(): string;
  readonly connections: readonly Socket[];
  close(): Promise<void>;
}

/** A TCP server on a free port that says exactly what it is told to, for all that a real server would not do. */
export async function startRawServer(
  onData: (socket: Socket, text: string, connection: number) => void,
): Promise<RawServer> {
  const connections: Socket[] = [];
  let received = '';
  const server = createServer((socket) => {
    const connection = connections.push(socket);
    socket.setEncoding('latin1');
    socket.on('error', () => socket.destroy());
    socket.on('data', (text: string) => {
      received += text;
      onData(socket, text, connection);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    received: () => received,
    connections,
    async close() {
      for (const socket of connections) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

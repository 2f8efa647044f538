import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Everything that clients have sent, over all connections. */
  sent(): string;
  /** From now on nothing comes back from the server, and nothing tells a client why. */
  muteServer(): void;
  /** Ends all connections, and lets new ones talk again. */
  cut(): void;
  close(): Promise<void>;
}

/** A network between clients and a server on loopback, with the faults that networks have. */
export async function startTcpProxy(serverPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let sent = '';
  let isMute = false;
  const proxy = createServer((client) => {
    const server = connect(serverPort, '127.0.0.1');
    const both = [client, server];
    for (const socket of both) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        for (const other of both) other.destroy();
      });
    }
    client.on('data', (data) => {
      sent += data.toString('latin1');
      server.write(data);
    });
    server.on('data', (data) => {
      if (!isMute) client.write(data);
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const cut = () => {
    isMute = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (proxy.address() as AddressInfo).port,
    sent: () => sent,
    muteServer() {
      isMute = true;
    },
    cut,
    async close() {
      cut();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}

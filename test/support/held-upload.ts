import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Sends the head of a PUT of ten bytes to a presigned URL, and resolves when the server wants them. */
export async function startUpload(url: string): Promise<Socket> {
  const { hostname, port, pathname, search, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `PUT ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n`,
  );
  const [wanted] = (await once(socket, 'data')) as [Buffer];
  if (!wanted.toString().startsWith('HTTP/1.1 100 Continue')) throw new Error(`refused: ${wanted}`);
  return socket;
}

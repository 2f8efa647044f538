import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

type Answer = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

/** A gateway that lets everybody in and answers the rest as the test says. */
export async function gatewayAnswering(answer: Answer) {
  const server = createServer((incoming, outgoing) => {
    outgoing.setHeader('content-type', 'application/json');
    if (!/\/log(in|out)$/.test(incoming.url ?? '')) return answer(incoming, outgoing);
    outgoing.setHeader('set-cookie', 'session=1').end('{"ok":true}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { PENUMBRA_URL: `http://127.0.0.1:${port}`, PENUMBRA_ADMIN_PASSWORD: 'any' };
}

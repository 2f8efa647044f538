import { pipeline } from 'node:stream/promises';
import { type HttpBindings, serve } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { Pool } from 'undici';

// The plainest proxy of this stack: Hono, undici and Node's streams, no S3 and no signatures.

const [, , origin = ''] = process.argv;
const pool = new Pool(origin, { connections: 128, pipelining: 1 });
const app = new Hono<{ Bindings: HttpBindings }>();

app.all('*', async (c) => {
  const { incoming, outgoing } = c.env;
  const { host: _, connection: __, ...headers } = incoming.headers;
  const hasBody = incoming.method === 'PUT' || incoming.method === 'POST';
  const answer = await pool.request({
    path: incoming.url ?? '/',
    method: (incoming.method ?? 'GET') as 'GET',
    headers,
    body: hasBody ? incoming : null,
  });
  outgoing.writeHead(answer.statusCode, answer.headers);
  // A client that has seen enough goes in the middle of an answer.
  await pipeline(answer.body, outgoing).catch(() => outgoing.destroy());
  return RESPONSE_ALREADY_SENT;
});

const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
process.on('SIGTERM', () => {
  server.close();
  process.exit(0);
});

import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from './harness.js';

/** A backend that sends large objects piece by piece. */
const inPieces: TestGatewayOptions['filter'] = (service) => async (request) => {
  const answer = await service(request);
  const { body } = answer;
  if (!Buffer.isBuffer(body) || body.length < PIECE) return answer;
  const pieces = Array.from({ length: body.length / PIECE }, (_, i) =>
    body.subarray(i * PIECE, (i + 1) * PIECE),
  );
  return { ...answer, body: Readable.from(pieces, { objectMode: false }) };
};
const PIECE = 1_000_000;

let gateway: TestGateway;
afterEach(() => gateway.close());

async function start(options: TestGatewayOptions = {}): Promise<void> {
  gateway = await startTestGateway(options);
  await gateway.createBucket('photos');
}

/** The lines of S3 requests, of one operation. */
const linesOf = (operation: string) => gateway.logged.filter((line) => line.operation === operation);

const numbers = { firstByteMs: expect.any(Number), ms: expect.any(Number) };

test('each request has a line: who asked for what from where, how it ended, and what it weighed', async () => {
  await start();
  await gateway.send({ method: 'PUT', target: '/photos/a%20key', body: 'content' });
  await gateway.send({ target: '/photos/a%20key?x-id=GetObject' });
  const line = { level: 30, msg: 'request', remote: '127.0.0.1', requester: 'root', bucket: 'photos' };
  const common = { ...line, ...numbers, key: 'a key', status: 200 };
  expect(linesOf('PutObject')).toEqual([
    {
      ...common,
      time: expect.any(String),
      requestId: expect.stringMatching(/^[0-9A-F]{16}$/),
      method: 'PUT',
      operation: 'PutObject',
      bytesIn: 7,
      bytesOut: 0,
    },
  ]);
  const read = { ...common, method: 'GET', bytesIn: 0, bytesOut: 7, source: 'target' };
  expect(linesOf('GetObject')).toMatchObject([read]);
});

test('an error is told by its code, whoever made it, and to HEAD, which has no body to tell it in', async () => {
  await start();
  await gateway.send({ target: '/photos/none' });
  await gateway.send({ target: '/nowhere/none' });
  await gateway.send({ target: '/photos/none', credentials: { accessKeyId: 'root', secretAccessKey: 'x' } });
  await gateway.send({ method: 'HEAD', target: '/nowhere/none' });
  expect(linesOf('GetObject')).toMatchObject([
    { status: 404, code: 'NoSuchKey', requester: 'root' },
    { status: 404, code: 'NoSuchBucket', requester: 'root' },
    { status: 403, code: 'SignatureDoesNotMatch' },
  ]);
  expect(linesOf('GetObject')[2]).not.toHaveProperty('requester');
  expect(linesOf('HeadObject')).toMatchObject([{ status: 404, code: 'NoSuchBucket', bytesOut: 0 }]);
});

test('an answer that broke off says so', async () => {
  await start({ filter: inPieces });
  await gateway.send({ method: 'PUT', target: '/photos/large', body: Buffer.alloc(40_000_000) });
  const socket = connect(gateway.port, '127.0.0.1');
  await gateway.admin('PATCH', '/buckets/photos', { public: true });
  socket.write('GET /photos/large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  await once(socket, 'data');
  socket.destroy();
  await expect.poll(() => linesOf('GetObject')).toHaveLength(1);
  const [line] = linesOf('GetObject');
  expect(line).toMatchObject({
    msg: 'request broken off',
    status: 200,
    err: { message: expect.any(String) },
  });
  expect(line?.bytesOut).toBeLessThan(40_000_000);
});

test('with "errors" only those that failed have a line, with "off" none, of the site as well', async () => {
  await start({ config: { accessLog: 'errors' } });
  await gateway.send({ method: 'PUT', target: '/photos/key', body: 'content' });
  await gateway.send({ target: '/photos/none' });
  await gateway.send({ target: '/_/health/live', credentials: null });
  await gateway.send({ target: '/_/nothing', credentials: null });
  const requests = () => gateway.logged.filter(({ msg }) => msg === 'request');
  expect(requests()).toMatchObject([
    { operation: 'GetObject', code: 'NoSuchKey' },
    { path: '/_/nothing', status: 404, remote: '127.0.0.1' },
  ]);
  await gateway.close();

  await start({ config: { accessLog: 'off' } });
  await gateway.send({ target: '/photos/none' });
  await gateway.send({ target: '/_/nothing', credentials: null });
  expect(requests()).toEqual([]);
});

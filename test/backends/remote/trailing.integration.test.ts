import { Readable } from 'node:stream';
import { afterEach, expect, it } from 'vitest';
import { type RawServer, startRawServer } from '../../support/raw-server.js';
import { forever, putObject, remoteAt } from './requests.js';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function store(onData: Parameters<typeof startRawServer>[0]) {
  const server: RawServer = await startRawServer(onData);
  const backend = remoteAt(server.origin);
  cleanUps.push(
    () => server.close(),
    () => backend.close(),
  );
  return { server, send: backend.service };
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
const announcedTrailer = 'x-amz-checksum-crc32';
const trailers = () => ({ [announcedTrailer]: 'NhCmhg==' });

it('a checksum that is known last is sent last, and signed for', async () => {
  const { server, send } = await store((socket, text) => text.endsWith('==\r\n\r\n') && socket.write(OK));
  const headers = { 'content-encoding': 'gzip' };
  const body = Readable.from([Buffer.from('he'), Buffer.from('llo')]);
  const answer = await send({ ...putObject(body, 5, { headers }), announcedTrailer, trailers });
  expect(answer.status).toBe(200);
  const [head = '', content] = server.received().split(/\r\n\r\n(.*)/s);
  expect(content).toBe('5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n');
  expect(head.toLowerCase().split('\r\n')).toEqual(
    expect.arrayContaining([
      'content-encoding: aws-chunked,gzip',
      `content-length: ${content?.length}`,
      'x-amz-content-sha256: streaming-unsigned-payload-trailer',
      'x-amz-decoded-content-length: 5',
      'x-amz-trailer: x-amz-checksum-crc32',
    ]),
  );
  expect(head).toMatch(/SignedHeaders=[^,]*;x-amz-decoded-content-length;x-amz-trailer,/);
});

it('the failure of such a body is what the sender is told', async () => {
  const { server, send } = await store(() => undefined);
  const body = new Readable({ read: () => undefined });
  body.push('x'.repeat(1_000));
  const sent = send({ ...putObject(body, 2_000, {}), announcedTrailer, trailers });
  await expect.poll(() => server.received()).toContain('xxx');
  const failure = new Error('the client has left');
  body.destroy(failure);
  await expect(sent).rejects.toBe(failure);
});

it('a store that breaks off gave no answer, and the body is let go', async () => {
  const { send } = await store((socket) => socket.destroy());
  const body = Readable.from(forever(Buffer.alloc(65_536)), { objectMode: false });
  const sent = send({ ...putObject(body, 2 ** 30, {}), announcedTrailer, trailers });
  await expect(sent).rejects.toMatchObject({ name: 'BackendUnavailable', reason: 'reset', sent: true });
  await expect.poll(() => body.destroyed).toBe(true);
});

it('a store that refuses before the end is heard', async () => {
  const { send } = await store(
    (socket) =>
      socket.writable &&
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
  );
  const body = Readable.from(forever(Buffer.alloc(65_536)), { objectMode: false });
  const answer = await send({ ...putObject(body, 2 ** 30, {}), announcedTrailer, trailers });
  expect(answer.status).toBe(403);
  await expect.poll(() => body.destroyed).toBe(true);
});

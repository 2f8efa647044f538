import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { type Listener, listen } from '../../src/gateway/http-server.js';
import { Shedding } from '../../src/gateway/shedding.js';
import type { TlsFiles } from '../../src/gateway/tls/pair.js';
import { systemClock } from '../../src/system/clock.js';
import { createLogger } from '../../src/system/logger.js';
import { createAuthority } from '../support/certificates.js';
import { describeWith } from '../support/describe-with.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { Wire } from './wire.js';

const GET = 'GET /key HTTP/1.1\r\nHost: h\r\n\r\n';
const CONTENT = 'x'.repeat(1_000_000);
const LAST = { status: 200, headers: { connection: 'close' }, text: CONTENT };
const WITH_MORE = { status: 200, headers: { connection: 'keep-alive' }, text: CONTENT };

/** Answers once the body has come in; one of /refused before. */
const answer: Listener = async (incoming, outgoing) => {
  if (incoming.url === '/refused') {
    outgoing.writeHead(403, { 'content-length': 7 }).end('refused');
    return;
  }
  await text(incoming);
  outgoing.writeHead(200, { 'content-length': CONTENT.length }).end(CONTENT);
};

async function start(tls?: TlsFiles) {
  const shedding = new Shedding();
  const log = createLogger({ level: 'silent' });
  const server = await listen({
    host: '127.0.0.1',
    port: 0,
    listener: answer,
    shedding,
    tls,
    clock: systemClock,
    log,
  });
  onTestFinished(() => server.close(AbortSignal.abort()));
  return { shedding, server };
}

/** Connections of which each has had an answer. */
async function opened(port: number, count: number): Promise<Wire[]> {
  const wires = await Promise.all(Array.from({ length: count }, () => Wire.open({ port })));
  for (const wire of wires) await wire.send(GET).until(1);
  return wires;
}

test('those of the busy connections that ask first are closed, each after a whole answer, and no more of them', async () => {
  const { shedding, server } = await start();
  const wires = await opened(server.port, 4);
  expect(shedding.load()).toMatchObject({ connections: 4 });
  shedding.shed(2);
  for (const wire of wires) await wire.send(GET).until(2);
  expect(wires.map(({ answers }) => answers[1])).toMatchObject([LAST, LAST, WITH_MORE, WITH_MORE]);
  await Promise.all(wires.slice(0, 2).map(({ closed }) => closed));
  expect(shedding.closed).toBe(2);
});

test('a connection counts as long as bytes pass, and one that was not counted is not closed', async () => {
  const { shedding, server } = await start();
  const [idle, busy] = (await opened(server.port, 2)) as [Wire, Wire];
  expect(shedding.load()).toMatchObject({ connections: 2 });
  expect(shedding.load()).toMatchObject({ connections: 0 });
  await busy.send(GET).until(2);
  expect(shedding.load()).toMatchObject({ connections: 1 });
  shedding.shed(2);
  expect((await idle.send(GET).until(2))[1]).toMatchObject(WITH_MORE);
  expect((await busy.send(GET).until(3))[2]).toMatchObject(LAST);
});

test('what has not been closed by the next look stays open', async () => {
  const { shedding, server } = await start();
  const [wire] = (await opened(server.port, 1)) as [Wire];
  shedding.load();
  shedding.shed(1);
  wire.send(GET.slice(0, 9));
  await expect.poll(() => shedding.load()).toMatchObject({ connections: 1 });
  expect((await wire.send(GET.slice(9)).until(2))[1]).toMatchObject(WITH_MORE);
});

test('an upload is answered once it has come in as a whole, and then its connection is closed', async () => {
  const { shedding, server } = await start();
  const [wire] = (await opened(server.port, 1)) as [Wire];
  shedding.load();
  shedding.shed(1);
  wire.send(`PUT /key HTTP/1.1\r\nHost: h\r\nContent-Length: ${CONTENT.length}\r\n\r\n${CONTENT}`);
  expect((await wire.until(2))[1]).toMatchObject(LAST);
});

test('a connection whose upload is refused before it came in is not closed: its client would not see why', async () => {
  const { shedding, server } = await start();
  const [wire] = (await opened(server.port, 1)) as [Wire];
  shedding.load();
  shedding.shed(1);
  wire.send(`PUT /refused HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n`);
  await expect.poll(() => wire.text).toContain('403');
  expect((await wire.send(`0\r\n\r\n${GET}`).until(3)).slice(2)).toMatchObject([WITH_MORE]);
  expect(shedding.closed).toBe(0);
});

test('a client that sends requests before it has answers keeps its connection, and loses none', async () => {
  const { shedding, server } = await start();
  const wire = await Wire.open(server);
  await wire.send(GET.repeat(3)).until(3);
  expect(shedding.load()).toMatchObject({ connections: 1 });
  shedding.shed(1);
  expect((await wire.send(GET.repeat(3)).until(6)).slice(3)).toMatchObject([WITH_MORE, WITH_MORE, WITH_MORE]);
});

test('a client of HTTP/1.0 that keeps its connection is told, too', async () => {
  const { shedding, server } = await start();
  const old = 'GET /key HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
  const wire = await Wire.open(server);
  await wire.send(old).until(1);
  shedding.load();
  shedding.shed(1);
  expect(await wire.send(old).until(2)).toMatchObject([WITH_MORE, LAST]);
  await wire.closed;
});

test('one that takes no connections any more has no load', async () => {
  const { shedding, server } = await start();
  await opened(server.port, 1);
  const closing = server.close(AbortSignal.abort());
  expect(shedding.load()).toBeUndefined();
  await closing;
});

describeWith(['openssl'], 'over TLS', () => {
  test('connections are counted and closed as in the clear', async () => {
    const folder = await temporaryFolder();
    const authority = await createAuthority(folder);
    await authority.issue('first');
    const tls = { cert: join(folder, 'first.pem'), key: join(folder, 'first.key') };
    const { shedding, server } = await start(tls);
    const ca = await readFile(authority.ca, 'utf8');
    const socket = connect({
      port: server.port,
      host: '127.0.0.1',
      ca,
      checkServerIdentity: () => undefined,
    });
    let received = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      received += chunk;
    });
    const contents = () => received.split(CONTENT).length - 1;
    socket.write(GET);
    await expect.poll(contents).toBe(1);
    expect(shedding.load()).toMatchObject({ connections: 1 });
    shedding.shed(1);
    socket.write(GET);
    await once(socket, 'close');
    expect(contents()).toBe(2);
    expect(received).toMatch(/Connection: keep-alive.*Connection: close/s);
  });
});

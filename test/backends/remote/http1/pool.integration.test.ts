import { getEventListeners, once } from 'node:events';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { setTimeout, setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { RemoteBackendOptions } from '../../../../src/backends/remote/remote.js';
import type { S3Response } from '../../../../src/s3/message.js';
import { abortListeners } from '../../../../src/system/abort-listeners.js';
import { ManualClock } from '../../../support/manual-clock.js';
import { type RawServer, startRawServer } from '../../../support/raw-server.js';
import { getObject, putObject, remoteAt, textOf } from '../requests.js';

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

type Speak = (socket: Socket, text: string, connection: number) => void;

/** A backend that says what it is told to, and the way to ask it. */
async function far(speak: Speak, options: Partial<RemoteBackendOptions> = {}) {
  const server = await startRawServer(speak);
  const backend = remoteAt(server.origin, options);
  cleanUps.push(server.close, () => backend.close());
  return { server, service: backend.service };
}

const answer = (content: string, fields = '') =>
  `HTTP/1.1 200 OK\r\n${fields}content-length: ${content.length}\r\n\r\n${content}`;

/** Names the connection, and how many requests have come. */
function counting(fields = ''): Speak {
  let count = 0;
  return (socket, _, connection) => {
    count += 1;
    socket.write(answer(`request ${count} on ${connection}`, fields));
  };
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    (value) => Promise.reject(new Error(`it was expected to fail, not to be ${JSON.stringify(value)}`)),
    (error) => error,
  );

async function idle(): Promise<void> {
  for (let i = 0; i < 3; i++) await turn();
}

async function received({ server }: { readonly server: RawServer }, what: string): Promise<void> {
  while (!server.received().includes(what)) await turn();
}

describe('an idle connection', () => {
  it('is used again', async () => {
    const { service } = await far(counting());
    for (const n of [1, 2, 3]) {
      expect(await textOf(await service(getObject()))).toBe(`request ${n} on 1`);
      await idle();
    }
  });

  it('that the other side has closed is not used, even if nobody has looked since', async () => {
    const { server, service } = await far(counting());
    await service(getObject());
    await idle();
    server.connections[0]?.destroy();
    expect(await textOf(await service(getObject()))).toBe('request 2 on 2');
  });

  it('over which an answer came that nobody asked for is not used', async () => {
    const { server, service } = await far(counting());
    await service(getObject());
    await idle();
    server.connections[0]?.write(answer('of another'));
    expect(await textOf(await service(getObject()))).toBe('request 2 on 2');
  });

  it('gives no answer to a request of which nothing has been sent', async () => {
    const { server, service } = await far(counting());
    await service(getObject());
    await idle();
    const body = new PassThrough();
    const put = failure(service(putObject(body, 5)));
    await idle();
    server.connections[0]?.write(answer('of another'));
    expect(await put).toMatchObject({ reason: 'reset' });
    expect(server.received()).not.toContain('PUT');
  });

  it.each([
    ['', 3_000, 4_500],
    ['keep-alive: timeout=10\r\n', 7_000, 9_000],
  ])('whose last answer has %j is kept for %i ms, and not for %i', async (fields, kept, closed) => {
    const clock = new ManualClock();
    const { service } = await far(counting(fields), { clock });
    await service(getObject());
    await idle();
    clock.advance(kept);
    expect(await textOf(await service(getObject()))).toBe('request 2 on 1');
    await idle();
    clock.advance(closed);
    expect(await textOf(await service(getObject()))).toBe('request 3 on 2');
  });
});

describe('a connection', () => {
  it.each(['connection: close\r\n', 'keep-alive: timeout=1\r\n'])('is not used after %j', async (fields) => {
    const { service } = await far(counting(fields));
    for (const n of [1, 2, 3]) {
      expect(await textOf(await service(getObject()))).toBe(`request ${n} on ${n}`);
      await idle();
    }
  });

  it('that is closed after the answer lets the body that was sent come to its end', async () => {
    const { service } = await far((socket, text) => {
      if (text.includes('hello')) socket.write(answer('', 'connection: close\r\n'));
    });
    const body = new PassThrough();
    body.write('hello');
    expect((await service(putObject(body, 5))).status).toBe(200);
    await idle();
    expect(body.destroyed).toBe(false);
    const ended = once(body, 'end');
    body.end();
    await ended;
  });

  it('is closed while the body of a request is on its way, if the answer has come', async () => {
    const { server, service } = await far((socket, text) => {
      if (text.startsWith('PUT')) socket.write(answer('no'));
      else socket.write(answer('other'));
    });
    const body = new PassThrough();
    body.write('first');
    expect(await textOf(await service(putObject(body, 10)))).toBe('no');
    expect(await textOf(await service(getObject()))).toBe('other');
    expect(server.connections).toHaveLength(2);
  });

  it('goes on after interim answers, chunks and trailers', async () => {
    const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n';
    const chunked =
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nx: y\r\n\r\n';
    const { server, service } = await far((socket) => socket.write(interim + chunked));
    for (let i = 0; i < 3; i++) {
      const response = await service(getObject());
      expect(response.status).toBe(200);
      expect(response.headers).not.toHaveProperty('link');
      expect(await textOf(response)).toBe('hello!');
      await idle();
    }
    expect(server.connections).toHaveLength(1);
  });

  it('that ends is the end of an answer that says no length', async () => {
    const { service } = await far((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nto the end'));
    expect(await textOf(await service(getObject()))).toBe('to the end');
    expect(await textOf(await service(getObject()))).toBe('to the end');
  });

  it('leaves nothing of a request that was answered with its signal', async () => {
    const { service } = await far(counting());
    const { signal } = new AbortController();
    for (let i = 0; i < 3; i++) await service(getObject({ signal }));
    expect(abortListeners(signal).size).toBe(0);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  });
});

describe('a deadline', () => {
  const times = { firstByteMs: 1_000, idleMs: 1_000 };

  it.each([
    ['a head that drips', ['HTTP/1.1 200 OK\r\n', 'x: y\r\n', 'x: z\r\n', 'content-length: 0\r\n']],
    ['interim answers', Array(4).fill('HTTP/1.1 102 Processing\r\n\r\n')],
  ])('for the head is not put off by %s', async (_, pieces) => {
    const clock = new ManualClock();
    const raw = await far(() => undefined, { clock, times });
    const asked = failure(raw.service(getObject()));
    await received(raw, '\r\n\r\n');
    for (const piece of pieces) {
      raw.server.connections[0]?.write(piece);
      await setTimeout(5);
      clock.advance(400);
    }
    raw.server.connections[0]?.destroy();
    expect(await asked).toMatchObject({ reason: 'timeout', sent: true });
  });

  it('for the head begins with the end of the request, and not before', async () => {
    const clock = new ManualClock();
    const raw = await far((socket, text) => text.includes('last') && socket.write(answer('done')), {
      clock,
      times,
    });
    const body = new PassThrough();
    const put = raw.service(putObject(body, 9));
    await idle();
    clock.advance(5_000);
    body.write('first');
    await received(raw, 'first');
    clock.advance(5_000);
    body.end('last');
    expect(await textOf(await put)).toBe('done');
  });

  it('for a piece of the content begins anew with each, and not while nobody reads', async () => {
    const clock = new ManualClock();
    const size = 1_000_000;
    const { server, service } = await far((socket) => socket.write(answer('').replace(': 0', `: ${size}`)), {
      clock,
      times,
    });
    const response = await service(getObject());
    const socket = server.connections[0];
    const piece = 'x'.repeat(size / 4);
    for (let i = 0; i < 4; i++) {
      socket?.write(piece);
      await setTimeout(20);
      clock.advance(700);
    }
    clock.advance(10_000);
    expect(await textOf(response as S3Response)).toHaveLength(size);
  });
});

describe('a body in the queue', () => {
  it('that fails before it is sent is the failure of its request, which is never sent', async () => {
    const raw = await far((socket) => void setTimeout(50).then(() => socket.write(answer('first'))), {
      maxConnections: 1,
    });
    const first = raw.service(getObject());
    await received(raw, 'GET');
    const body = new PassThrough();
    const put = failure(raw.service(putObject(body, 5)));
    const gone = new Error('the client has gone');
    body.destroy(gone);
    expect(await textOf(await first)).toBe('first');
    expect(await put).toBe(gone);
    expect(raw.server.received()).not.toContain('PUT');
  });
});

describe('a name', () => {
  it.each(['localhost', 'photos.localhost'])('%s leads to this machine', async (name) => {
    const server = await startRawServer(counting());
    const backend = remoteAt(server.origin.replace('127.0.0.1', name));
    cleanUps.push(server.close, () => backend.close());
    expect(await textOf(await backend.service(getObject()))).toBe('request 1 on 1');
  });
});

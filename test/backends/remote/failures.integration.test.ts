import { once } from 'node:events';
import type { Socket } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout, setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { BackendUnavailable } from '../../../src/backends/backend.js';
import type { RemoteBackendOptions } from '../../../src/backends/remote/remote.js';
import { S3Error } from '../../../src/s3/errors.js';
import { freePort } from '../../support/ports.js';
import { type RawServer, startRawServer } from '../../support/raw-server.js';
import { forever, getObject, putObject, remoteAt, textOf } from './requests.js';

const EMPTY_OK = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function far(onData: (socket: Socket, text: string, connection: number) => void) {
  const server = await startRawServer(onData);
  cleanUps.push(() => server.close());
  return server;
}

function serviceOf(server: Pick<RawServer, 'origin'>, options: Partial<RemoteBackendOptions> = {}) {
  const backend = remoteAt(server.origin, options);
  cleanUps.push(() => backend.close());
  return backend.service;
}

const failure = (promise: Promise<unknown>): Promise<BackendUnavailable> =>
  promise.then(
    () => Promise.reject(new Error('it was expected to fail')),
    (error) => error,
  );

/** Resolves when the first connection is closed. */
async function cut({ connections }: RawServer): Promise<void> {
  while (!connections[0]?.closed) await turn();
}

const timesSent = (server: RawServer, start: string) => server.received().split(start).length - 1;

describe('a backend that cannot be reached', () => {
  it('is unavailable and nothing was sent', async () => {
    const service = serviceOf({ origin: `http://127.0.0.1:${await freePort()}` });
    const error = await failure(service(getObject()));
    expect(error).toBeInstanceOf(BackendUnavailable);
    expect(error).toMatchObject({ backend: 'far', reason: 'connect', sent: false });
  });

  it('is unavailable when its name does not resolve', async () => {
    const service = serviceOf({ origin: 'http://no-such-host.invalid' });
    expect(await failure(service(getObject()))).toMatchObject({ reason: 'connect', sent: false });
  });
});

describe('a backend that breaks off', () => {
  for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']) {
    it(`before it answers a ${method} has been sent the request exactly once`, async () => {
      const server = await far((socket) => socket.destroy());
      const error = await failure(serviceOf(server)(getObject({ method })));
      expect(error).toMatchObject({ reason: 'reset', sent: true });
      expect(timesSent(server, `${method} /photos`)).toBe(1);
    });

    it(`on a reused connection has been sent the ${method} exactly once`, async () => {
      let answered = 0;
      const server = await far((socket) => {
        answered += 1;
        if (answered === 1) socket.write(EMPTY_OK);
        else socket.resetAndDestroy();
      });
      const service = serviceOf(server);
      await service(getObject());
      await turn();
      const error = await failure(service(getObject({ method, key: 'second' })));
      expect(error).toMatchObject({ reason: 'reset', sent: true });
      expect(timesSent(server, `${method} /photos/second`)).toBe(1);
      expect(server.connections).toHaveLength(1);
    });
  }

  it('while the body of a PUT is on its way has been sent it exactly once', async () => {
    const server = await far((socket, text) => text.includes('half') && socket.resetAndDestroy());
    const body = new PassThrough();
    body.write('half');
    const error = await failure(serviceOf(server)(putObject(body, 8)));
    expect(error).toMatchObject({ reason: 'reset', sent: true });
    expect(timesSent(server, 'PUT /photos')).toBe(1);
    expect(body.destroyed).toBe(true);
  });

  it('between header and body destroys the body with the same error', async () => {
    const server = await far((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 500000\r\n\r\nshort'),
    );
    const response = await serviceOf(server)(getObject());
    expect(response.status).toBe(200);
    expect(await failure(textOf(response))).toMatchObject({ reason: 'reset', sent: true });
  });

  it('within a short body has not answered at all', async () => {
    const server = await far((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort'));
    expect(await failure(serviceOf(server)(getObject()))).toMatchObject({ reason: 'reset', sent: true });
  });

  it('within a chunked body destroys the body too', async () => {
    const server = await far((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort'),
    );
    const response = await serviceOf(server)(getObject());
    expect(await failure(textOf(response))).toMatchObject({ reason: 'reset', sent: true });
  });

  it('with what is not HTTP is unavailable', async () => {
    const server = await far((socket) => socket.write('220 smtp.example.com ESMTP\r\n'));
    expect(await failure(serviceOf(server)(getObject()))).toMatchObject({ reason: 'reset', sent: true });
  });
});

describe('a backend that is slow', () => {
  it('is given up when the header of its answer does not come', async () => {
    const server = await far(() => undefined);
    const service = serviceOf(server, { times: { firstByteMs: 100 } });
    expect(await failure(service(getObject()))).toMatchObject({ reason: 'timeout', sent: true });
    await cut(server);
  });

  it('is given up when it stops reading the body of a PUT', async () => {
    const server = await far((socket) => socket.pause());
    const service = serviceOf(server, { times: { firstByteMs: 100 } });
    const body = Readable.from(forever(Buffer.alloc(65_536)), { objectMode: false });
    expect(await failure(service(putObject(body, 2 ** 40)))).toMatchObject({ reason: 'timeout', sent: true });
  });

  it('is given up when the body of its answer stalls', async () => {
    const server = await far((socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 500000\r\n\r\nfirst'),
    );
    const response = await serviceOf(server, { times: { idleMs: 100 } })(getObject());
    expect(await failure(textOf(response))).toMatchObject({ reason: 'timeout', sent: true });
  });

  it('is slowed down, and not blamed, when nobody reads the body', async () => {
    const size = 4 * 1024 * 1024;
    const head = `HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`;
    const server = await far((socket) =>
      socket.write(Buffer.concat([Buffer.from(head), Buffer.alloc(size)])),
    );
    const response = await serviceOf(server, { times: { idleMs: 50 } })(getObject());
    await setTimeout(200);
    const body = response.body as Readable;
    expect(body.readableLength).toBeLessThan(256 * 1024);
    expect(await buffer(body)).toHaveLength(size);
  });
});

describe('a backend that is busy', () => {
  const oneConnection = { maxConnections: 1, times: { connectMs: 100 } };

  it('has requests wait for a connection, and gives them up unsent after a while', async () => {
    const server = await far(() => undefined);
    const service = serviceOf(server, oneConnection);
    const aborted = new AbortController();
    const first = failure(service(getObject({ signal: aborted.signal })));
    const error = await failure(service(putObject(Buffer.from('x'), 1, { key: 'second' })));
    expect(error).toMatchObject({ reason: 'timeout', sent: false });
    aborted.abort();
    await first;
    await turn();
    expect(timesSent(server, 'PUT')).toBe(0);
  });

  it('refuses at once what exceeds the queue', async () => {
    const server = await far(() => undefined);
    const service = serviceOf(server, { maxConnections: 1, maxWaiting: 2 });
    const aborted = new AbortController();
    const request = getObject({ signal: aborted.signal });
    const started = [failure(service(request))];
    while (server.received() === '') await turn();
    started.push(failure(service(request)), failure(service(request)));
    expect(await failure(service(request))).toMatchObject({ reason: 'overloaded', sent: false });
    aborted.abort();
    await Promise.all(started);
  });

  it('serves the queue as soon as a connection is free, on that connection', async () => {
    const server = await far((socket) => socket.write(EMPTY_OK));
    const service = serviceOf(server, { maxConnections: 1 });
    const responses = await Promise.all(Array.from({ length: 20 }, () => service(getObject())));
    expect(responses.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(server.connections).toHaveLength(1);
  });
});

describe('a caller that leaves', () => {
  it('before the answer cuts the connection and gets the reason of its signal', async () => {
    const server = await far(() => undefined);
    const aborted = new AbortController();
    const left = failure(serviceOf(server)(getObject({ signal: aborted.signal })));
    while (server.received() === '') await turn();
    const reason = new Error('the client has gone');
    aborted.abort(reason);
    expect(await left).toBe(reason);
    await cut(server);
  });

  it('before it has a connection is never sent', async () => {
    const server = await far(() => undefined);
    const aborted = new AbortController();
    const left = failure(serviceOf(server)(getObject({ signal: aborted.signal })));
    aborted.abort();
    expect(await left).toBe(aborted.signal.reason);
    while (server.connections.length === 0) await turn();
    await setTimeout(20);
    expect(server.received()).toBe('');
  });

  it('while it reads has its body destroyed', async () => {
    const server = await far((socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 500000\r\n\r\nfirst'),
    );
    const aborted = new AbortController();
    const response = await serviceOf(server)(getObject({ signal: aborted.signal }));
    const reason = new Error('the client has gone');
    aborted.abort(reason);
    expect(await failure(textOf(response))).toBe(reason);
  });

  it('by destroying the body cuts the connection', async () => {
    const server = await far((socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 500000\r\n\r\nfirst'),
    );
    const { body } = await serviceOf(server)(getObject());
    (body as Readable).destroy();
    await cut(server);
  });
});

describe('an upload', () => {
  it('that fails of itself is cut short of its length, and rejects with its own error', async () => {
    const server = await far(() => undefined);
    const body = new PassThrough();
    body.write('first');
    const put = failure(serviceOf(server)(putObject(body, 10)));
    while (!server.received().includes('first')) await turn();
    const badDigest = new S3Error('BadDigest');
    body.destroy(badDigest);
    expect(await put).toBe(badDigest);
    await cut(server);
    expect(server.received()).toContain('content-length: 10\r\n');
    expect(server.received()).toMatch(/\r\n\r\nfirst$/);
  });

  it('that is shorter than announced is not completed', async () => {
    const server = await far(() => undefined);
    const error = await failure(serviceOf(server)(putObject(Readable.from([Buffer.from('abc')]), 10)));
    expect(error).not.toBeInstanceOf(BackendUnavailable);
    expect(server.received()).not.toMatch(/0\r\n\r\n$/);
  });

  it('that is answered early gets that answer, and its body is given up', async () => {
    const answer = 'HTTP/1.1 403 Forbidden\r\ncontent-length: 6\r\n\r\ndenied';
    const server = await far((socket) => {
      if (socket.bytesWritten === 0) socket.write(answer);
    });
    const body = new PassThrough();
    body.write('first');
    const response = await serviceOf(server)(putObject(body, 10_000_000));
    expect(response.status).toBe(403);
    expect(await textOf(response)).toBe('denied');
    if (!body.closed) await once(body, 'close');
    expect(body.destroyed).toBe(true);
  });
});

describe('a backend that is closed', () => {
  it('lets requests under way end, and refuses new ones unsent', async () => {
    const server = await far((socket) => void setTimeout(50).then(() => socket.write(EMPTY_OK)));
    const backend = remoteAt(server.origin);
    const underWay = backend.service(getObject());
    const closed = backend.close();
    expect((await underWay).status).toBe(200);
    await closed;
    expect(await failure(backend.service(getObject()))).toMatchObject({ reason: 'closed', sent: false });
  });
});

import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { BackendUnavailable } from '../../src/backends/backend.js';
import type { S3Request, S3Response, S3Service } from '../../src/s3/message.js';
import { ManualClock } from '../support/manual-clock.js';
import { sign, startTestGateway, type TestGateway, type TestGatewayOptions } from './harness.js';

let gateway: TestGateway | undefined;

afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
});

type Answer = (request: S3Request) => Promise<S3Response>;

/** A gateway with a bucket whose one object answers as the test says. */
async function gatewayAnswering(answer: Answer, options: TestGatewayOptions = {}): Promise<TestGateway> {
  const filter = (service: S3Service) => (request: S3Request) =>
    request.key === 'key' ? answer(request) : service(request);
  gateway = await startTestGateway({ ...options, filter });
  await gateway.createBucket('bucket');
  return gateway;
}

/** Sends the head of a request for the object, and what follows it, on a connection of its own. */
function open(port: number, method: 'GET' | 'PUT', announced: Record<string, string> = {}, rest = '') {
  const target = '/bucket/key';
  const headers = { host: `127.0.0.1:${port}`, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
  const fields = { ...headers, ...sign({ method, target, headers }), ...announced };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect(port, '127.0.0.1');
  socket.write(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${rest}`);
  return socket;
}

function stream(length: number, body: Readable): S3Response {
  return { status: 200, headers: { 'content-length': String(length) }, body };
}

describe('health', () => {
  test('is good when state and storage can be reached', async () => {
    const { url } = await gatewayAnswering(async () => ({ status: 200, headers: {} }));
    expect(await (await fetch(`${url}/_/health/live`)).json()).toEqual({ status: 'live' });
    const ready = await fetch(`${url}/_/health/ready`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({
      status: 'ready',
      state: 'reachable',
      backends: { main: 'reachable', other: 'reachable' },
    });
  });

  test('names a backend that is gone, and still serves the others', async () => {
    const lost = () => Promise.reject(new BackendUnavailable('main', 'connect', false));
    gateway = await startTestGateway({ filter: () => lost });
    const ready = await fetch(`${gateway.url}/_/health/ready`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ backends: { main: 'unreachable', other: 'reachable' } });
  });
});

describe('closing', () => {
  test('lets a request under way end, and takes no new connection', async () => {
    const body = new Readable({ read: () => undefined });
    const { port, close } = await gatewayAnswering(async () => stream(10, body));
    const answer = open(port, 'GET');
    const received = readText(answer);
    body.push('01234');
    await once(answer, 'readable');
    const closed = close();
    const late = connect(port, '127.0.0.1');
    await expect(once(late, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    body.push('56789');
    body.push(null);
    expect(await received).toMatch(/0123456789$/);
    await closed;
    gateway = undefined;
  });
});

describe('a client that leaves', () => {
  test('ends the reading of what it asked for', async () => {
    const body = new Readable({ read: () => body.push(Buffer.alloc(65_536)) });
    const { port } = await gatewayAnswering(async () => stream(1e12, body));
    const client = open(port, 'GET');
    await once(client, 'data');
    client.destroy();
    await new Promise((resolve) => body.on('close', resolve));
    expect(body.readableEnded).toBe(false);
  });

  test('ends a request that waits for its backend', async () => {
    const asked = deferred<S3Request>();
    const { port } = await gatewayAnswering((request) => {
      asked.resolve(request);
      return new Promise((_, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason));
      });
    });
    const client = open(port, 'GET');
    const { signal } = await asked.promise;
    client.destroy();
    await once(signal, 'abort');
    expect(gateway?.logged.filter(({ level }) => level === 50)).toEqual([]);
  });
});

test('a store that answers without end is read no further than a probe of it needs', async () => {
  const body = new Readable({ read: () => body.push(Buffer.alloc(65_536)) });
  const filter = (service: S3Service) => (request: S3Request) =>
    request.operation === 'CreateMultipartUpload' ? Promise.resolve(stream(1e12, body)) : service(request);
  gateway = await startTestGateway({ filter });
  await gateway.createBucket('bucket');
  expect(body.destroyed).toBe(true);
});

test('an object that breaks off half-way cuts the connection: it is neither padded nor ended', async () => {
  const body = Readable.from(
    (async function* () {
      yield Buffer.from('half');
      throw new BackendUnavailable('main', 'reset', true);
    })(),
  );
  const { port } = await gatewayAnswering(async () => stream(8, body));
  const answer = await readText(open(port, 'GET'));
  expect(answer).toMatch(/content-length: 8\r\n/);
  expect(answer.endsWith('half')).toBe(true);
});

test('a backend that gives no answer is a 503 that says when to come back', async () => {
  const { send } = await gatewayAnswering(() =>
    Promise.reject(new BackendUnavailable('main', 'timeout', true)),
  );
  const { status, headers, text } = await send({ target: '/bucket/key' });
  expect(status).toBe(503);
  expect(headers['retry-after']).toBe('2');
  expect(text).toContain('<Code>ServiceUnavailable</Code>');
});

test('a defect is a 500 that tells the log what happened, not the client', async () => {
  const { send, logged } = await gatewayAnswering(() => Promise.reject(new Error('the details')));
  const { status, headers, text } = await send({ target: '/bucket/key' });
  expect(status).toBe(500);
  expect(text).toContain('<Code>InternalError</Code>');
  expect(text).not.toContain('details');
  const line = logged.find(({ msg }) => msg === 'request failed');
  expect(line).toMatchObject({ requestId: headers['x-amz-request-id'], err: { message: 'the details' } });
});

test('a backend that answers before it has the body leaves the connection usable', async () => {
  const { port } = await gatewayAnswering(async ({ body }) => {
    (body as Readable).once('error', () => undefined).destroy();
    return { status: 403, headers: {} };
  });
  const size = 5_000_000;
  const next = 'GET /_/health/live HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';
  const client = open(port, 'PUT', { 'content-length': String(size) }, 'x'.repeat(size) + next);
  const answers = await readText(client);
  expect(answers).toMatch(/^HTTP\/1\.1 403 Forbidden/);
  expect(answers).toContain('{"status":"live"}');
});

test('a client that owes the rest of its body for a minute is told so', async () => {
  const clock = new ManualClock(Date.now());
  const wanted = deferred<void>();
  const answer = async ({ body }: S3Request) => {
    wanted.resolve();
    await readText(body as Readable);
    return { status: 200, headers: {} };
  };
  const { port, close } = await gatewayAnswering(answer, { clock });
  const client = open(port, 'PUT', { 'content-length': '10' }, '01234');
  await wanted.promise;
  const told = readText(client);
  await advanceUntil(clock, told, 61_000);
  expect(await told).toMatch(/^HTTP\/1\.1 400 Bad Request/);
  expect(await told).toContain('<Code>RequestTimeout</Code>');
  await advanceUntil(clock, close(), 1_000);
  gateway = undefined;
});

/** Time passes, in steps that leave room for what it sets off. */
async function advanceUntil(clock: ManualClock, done: Promise<unknown>, ms: number): Promise<void> {
  let isDone = false;
  void done.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}

import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { HeaderFields, S3Request } from '../../../src/s3/message.js';
import { parseAuthentication } from '../../../src/s3/sigv4/authentication.js';
import { verifySignature } from '../../../src/s3/sigv4/verify.js';
import { getObject, putObject, remoteAt, SECRET_ACCESS_KEY, textOf } from './requests.js';

interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderFields;
  readonly body: string;
}

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function listen(listener: RequestListener): Promise<number> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

function remote(port: number, host = '127.0.0.1') {
  const backend = remoteAt(`http://${host}:${port}`, { forcePathStyle: host === '127.0.0.1' });
  cleanUps.push(() => backend.close());
  return backend.service;
}

/** Sends a request to a server that only listens, and returns what arrived there. */
async function sent(request: S3Request, host?: string): Promise<Arrived> {
  let arrived: Promise<Arrived> | undefined;
  const port = await listen((incoming, outgoing) => {
    arrived = read(incoming);
    arrived.then(() => outgoing.end());
  });
  await remote(port, host)(request);
  if (!arrived) throw new Error('nothing arrived');
  return arrived;
}

async function read(incoming: IncomingMessage): Promise<Arrived> {
  const { method = '', url = '', headers } = incoming;
  return { method, url, headers: headers as HeaderFields, body: await text(incoming) };
}

function assertSigned({ method, url, headers }: Arrived): void {
  const [rawPath = '', rawQuery = ''] = url.split('?');
  const authentication = parseAuthentication({ method, rawPath, rawQuery, headers });
  if (!authentication) throw new Error('the request is anonymous');
  verifySignature(authentication, SECRET_ACCESS_KEY, Date.now());
}

describe('a request', () => {
  it('arrives as it was but for its address and signature', async () => {
    const headers = {
      'content-type': 'image/jpeg',
      'x-amz-meta-colour': 'black',
      authorization: 'of the client',
    };
    const arrived = await sent(
      putObject(Readable.from([Buffer.from('me'), Buffer.from('ow')]), 4, { headers }),
    );
    assertSigned(arrived);
    expect(arrived).toMatchObject({
      method: 'PUT',
      url: '/photos/cat.jpg',
      body: 'meow',
      headers: {
        'content-length': '4',
        'content-type': 'image/jpeg',
        'x-amz-meta-colour': 'black',
        'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
      },
    });
  });

  it('signs the hash of its body where that is known', async () => {
    const sha256 = '404cdd7bc109c432f8cc2443b45bcfe95980f5107215c645236e577929ac3e52';
    const headers = { 'x-amz-content-sha256': sha256 };
    const arrived = await sent(putObject(Buffer.from('meow'), 4, { headers }));
    assertSigned(arrived);
    expect(arrived.headers['x-amz-content-sha256']).toBe(sha256);
  });

  it('without a body signs the hash of nothing', async () => {
    const arrived = await sent(getObject({ method: 'PUT', headers: { 'content-length': '0' } }));
    assertSigned(arrived);
    expect(arrived.headers).toMatchObject({
      'content-length': '0',
      'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    });
  });

  it('keeps bytes in header fields that are not ASCII', async () => {
    const colour = Buffer.from('schwärzlich').toString('latin1');
    const arrived = await sent(getObject({ headers: { 'x-amz-meta-colour': colour } }));
    assertSigned(arrived);
    expect(arrived.headers['x-amz-meta-colour']).toBe(colour);
  });

  it('has a signature that holds, whatever its key and query are', async () => {
    const arrivals: Promise<Arrived>[] = [];
    const port = await listen((incoming, outgoing) => {
      arrivals.push(read(incoming));
      outgoing.end();
    });
    const service = remote(port);
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
    const query = fc.array(fc.tuple(name, fc.string({ unit: 'binary', maxLength: 40 })), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(name, query, async (key, query) => {
        await service(getObject({ key, query }));
        const arrived = await arrivals.pop();
        if (!arrived) throw new Error('nothing arrived');
        assertSigned(arrived);
        expect(decodeURIComponent(arrived.url.split('?')[0] ?? '')).toBe(`/photos/${key}`);
      }),
      { numRuns: 300 },
    );
  });

  it('in virtual-hosted style names the bucket in the Host header', async () => {
    const arrived = await sent(getObject({ query: [['acl', '']] }), 's3.localhost');
    assertSigned(arrived);
    expect(arrived.url).toBe('/cat.jpg?acl=');
    expect(arrived.headers.host).toMatch(/^photos\.s3\.localhost:\d+$/);
  });
});

describe('an answer', () => {
  it('comes back as it was but for the connection’s own header fields', async () => {
    const port = await listen((_, outgoing) => {
      outgoing.writeHead(404, { 'x-amz-request-id': '1', Vary: ['a', 'b'], connection: 'keep-alive' });
      outgoing.end('<Error><Code>NoSuchKey</Code></Error>');
    });
    const response = await remote(port)(getObject());
    expect(response.status).toBe(404);
    expect(response.headers).toMatchObject({ 'x-amz-request-id': '1', vary: 'a, b' });
    expect(response.headers).not.toHaveProperty('connection');
    expect(response.headers).not.toHaveProperty('transfer-encoding');
    expect(await textOf(response)).toBe('<Error><Code>NoSuchKey</Code></Error>');
  });

  it.each([
    ['HEAD', 200],
    ['GET', 304],
    ['DELETE', 204],
  ])('to %s with status %i has no body, and connections are reused after it', async (method, status) => {
    const clients = new Set<Socket>();
    const port = await listen((incoming, outgoing) => {
      clients.add(incoming.socket);
      outgoing.writeHead(status, method === 'HEAD' ? { 'content-length': 1000 } : {}).end();
    });
    const service = remote(port);
    for (let i = 0; i < 10; i++) {
      const response = await service(getObject({ method }));
      expect(response.status).toBe(status);
      expect(response).not.toHaveProperty('body');
    }
    // A connection is free one turn after its answer, so that the next request may take a second one.
    expect(clients.size).toBeLessThanOrEqual(2);
  });

  it('of many megabytes arrives whole', async () => {
    const content = Buffer.alloc(20_000_000, 'penumbra');
    const port = await listen((_, outgoing) => outgoing.end(content));
    const { body } = await remote(port)(getObject());
    expect(content.equals(await buffer(body as Readable))).toBe(true);
  });
});

import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout, setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../../src/backends/backend.js';
import { isLent } from '../../../../src/s3/body.js';
import { startTestGateway, type TestGateway } from '../../../gateway/harness.js';
import { getObject, putObject, remoteAt } from '../requests.js';

/** More than two sockets hold, so that what nobody reads yet waits in our memory. */
const SIZE = 16_000_001;
const KEYS = Array.from({ length: 4 }, (_, i) => `${i}${i % 2 ? '-chunked' : ''}`);

/** No four bytes of it are at this place in another, or elsewhere in this one. */
function contentOf(key: string): Buffer {
  const words = new Uint32Array(Math.ceil(SIZE / 4)).map((_, i) => (Number.parseInt(key, 10) << 24) + i);
  return Buffer.from(words.buffer).subarray(0, SIZE);
}
const contents = new Map(KEYS.map((key) => [key, contentOf(key)]));

const keyOf = ({ url = '' }: IncomingMessage) => url.split('/').at(-1)?.split('?')[0] ?? '';
const uploads = new Map<string, Promise<Buffer>>();

/** Has every object, and takes any. */
function store(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const content = contents.get(keyOf(incoming));
  if (incoming.method === 'PUT') {
    const uploaded = setTimeout(100).then(() => buffer(incoming));
    uploads.set(keyOf(incoming), uploaded);
    uploaded
      .then(() => outgoing.writeHead(200, { etag: '"e"', 'content-length': 0 }).end())
      .catch(() => undefined);
  } else if (incoming.method === 'HEAD' || !content) {
    outgoing.writeHead(200, { 'content-length': 0 }).end();
  } else if (incoming.url?.includes('size=')) {
    outgoing.writeHead(200, { 'content-length': 20_000 });
    outgoing.write(content.subarray(0, 9_999));
    setImmediate(() => outgoing.end(content.subarray(9_999, 20_000)));
  } else {
    const isChunked = keyOf(incoming).endsWith('chunked');
    outgoing.writeHead(200, isChunked ? {} : { 'content-length': SIZE });
    if (isChunked)
      for (let at = 0; at < SIZE; at += 100_000) outgoing.write(content.subarray(at, at + 100_000));
    outgoing.end(isChunked ? undefined : content);
  }
}

const server = createServer(store);
let remote: Backend;
let gateway: TestGateway;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  remote = remoteAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { maxConnections: 20 });
  gateway = await startTestGateway({ filter: () => remote.service });
  await gateway.createBucket('photos', { public: true });
});

afterAll(async () => {
  await gateway.close();
  await remote.close();
  server.close();
});

type Reader = (body: Readable) => Promise<Buffer | undefined>;

/** Copies each chunk as it comes, and gives its memory back where that is wanted. */
const quick: Reader = (body) =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    body.on('data', (chunk: Buffer) => {
      chunks.push(Buffer.from(chunk));
      if (isLent(body)) body.giveBack(chunk);
    });
    body.on('end', () => resolve(Buffer.concat(chunks))).on('error', reject);
  });

const slow: Reader = async (body) => {
  const chunks: Buffer[] = [];
  await setTimeout(100);
  for await (const chunk of body as AsyncIterable<Buffer>) {
    await turn();
    chunks.push(Buffer.from(chunk));
    if (isLent(body)) body.giveBack(chunk);
  }
  return Buffer.concat(chunks);
};

/** Looks at all of it at the end alone. */
const keeping: Reader = async (body) => Buffer.concat(await body.toArray());

const leaving: Reader = async (body) => {
  for await (const chunk of body as AsyncIterable<Buffer>) {
    if (isLent(body)) body.giveBack(chunk);
    break;
  }
  return undefined;
};

const READERS = { quick, slow, keeping, leaving };
const readers = Object.values(READERS);

/** Many at once, each key by each reader. */
async function readAll(open: (key: string) => Promise<Readable>): Promise<number> {
  const reads = readers.flatMap((read) =>
    KEYS.map(async (key) => {
      const got = await read(await open(key));
      if (got) expect(contents.get(key)?.equals(got), key).toBe(true);
      return got ? 1 : 0;
    }),
  );
  return (await Promise.all(reads)).reduce((sum: number, one) => sum + one, 0);
}

const whole = KEYS.length * (readers.length - 1);

/** Over a connection of its own. */
async function throughGateway(key: string): Promise<Readable> {
  const [response] = await once(get(`${gateway.url}/photos/${key}`, { agent: false }), 'response');
  return response;
}

describe('large contents at once, to quick and slow readers and some that leave, are byte for byte', () => {
  it('what the backend has', async () => {
    const open = async (key: string) => (await remote.service(getObject({ key }))).body as Readable;
    expect(await readAll(open)).toBe(whole);
    expect(await readAll(open)).toBe(whole);
  });

  it('what small answers have that are kept while others come', async () => {
    const read = async (key: string) => {
      const body = (await remote.service(getObject({ key, query: [['size', '20000']] }))).body as Buffer;
      return () => expect(contents.get(key)?.subarray(0, 20_000).equals(body), key).toBe(true);
    };
    const checks = await Promise.all([...KEYS, ...KEYS, ...KEYS].map(read));
    const more = await Promise.all(KEYS.map(read));
    for (const check of [...checks, ...more]) check();
  });

  it('what the gateway answers', async () => {
    expect(await readAll(throughGateway)).toBe(whole);
    expect(await readAll(throughGateway)).toBe(whole);
  });

  it('what one backend takes from another', async () => {
    await Promise.all(
      KEYS.map(async (key) => {
        const { body } = await remote.service(getObject({ key }));
        const copy = await remote.service(putObject(body as Readable, SIZE, { key: `copy-${key}` }));
        expect(copy.status).toBe(200);
      }),
    );
    for (const key of KEYS)
      expect(contents.get(key)?.equals((await uploads.get(`copy-${key}`)) ?? Buffer.alloc(0)), key).toBe(
        true,
      );
  });
});

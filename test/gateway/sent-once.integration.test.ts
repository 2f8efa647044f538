import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { createRemoteBackend } from '../../src/backends/remote/remote.js';
import { systemClock } from '../../src/system/clock.js';
import { type Fault, type FaultProxy, type SeenRequest, startFaultProxy } from '../support/fault-proxy.js';
import { type RawRequest, ROOT, startTestGateway, type TestGateway } from './harness.js';

let stores: { readonly target: TestGateway; readonly shadow: TestGateway };
let proxies: { readonly target: FaultProxy; readonly shadow: FaultProxy };
let gateway: TestGateway;
let closing: (() => Promise<unknown>)[];

beforeAll(async () => {
  stores = { target: await startTestGateway(), shadow: await startTestGateway() };
  proxies = {
    target: await startFaultProxy(stores.target.url),
    shadow: await startFaultProxy(stores.shadow.url),
  };
  const remote = createRemoteBackend({
    name: 'main',
    endpoint: proxies.target.endpoint,
    region: 'us-east-1',
    ...ROOT,
    forcePathStyle: true,
    clock: systemClock,
  });
  gateway = await startTestGateway({ filter: () => remote.service });
  await stores.shadow.createBucket('old');
  await gateway.createBucket('plain', { shadow: shadow() });
  await gateway.createBucket('both', { shadow: shadow({ write_through: true }) });
  closing = [gateway, remote, proxies.target, proxies.shadow, stores.target, stores.shadow].map(
    ({ close }) => close,
  );
});

afterEach(() => {
  proxies.target.heal();
  proxies.shadow.heal();
});

afterAll(async () => {
  for (const close of closing) await close();
});

const shadow = (settings = {}) => ({
  name: 'old',
  endpoint: proxies.shadow.endpoint,
  region: 'us-east-1',
  access_key_id: ROOT.accessKeyId,
  secret_access_key: ROOT.secretAccessKey,
  ...settings,
});

/** How often the stores were sent it, counting from now. */
function counter(method: string, target: string, old: string): () => { target: number; shadow: number } {
  const now = () => ({
    target: proxies.target.count(method, target),
    shadow: proxies.shadow.count(method, old),
  });
  const before = now();
  return () => {
    const { target, shadow } = now();
    return { target: target - before.target, shadow: shadow - before.shadow };
  };
}

interface Sending {
  readonly failing?: readonly FaultProxy[];
  /** The stores fail once they have been sent so much: where one fails sooner, the other may never be sent its half. */
  readonly expected?: object;
}

/** The status that a client gets, and how often each store was sent what it did not answer. */
async function sent(
  fault: Fault,
  request: RawRequest,
  { failing = [proxies.target, proxies.shadow], expected }: Sending = {},
): Promise<[status: number, sent: object]> {
  const { method = 'GET', target } = request;
  const [path = ''] = target.split('?', 1);
  const key = path.split('/').at(-1) ?? '';
  const count = counter(method, path, `/old/${key}`);
  const inTime = async () => {
    // What it comes to is asserted by the test.
    if (expected)
      await vi.waitUntil(() => isDeepStrictEqual(count(), expected), 5_000).catch(() => undefined);
    return fault;
  };
  for (const proxy of failing) proxy.disturb((seen) => (isFor(seen, method, key) ? inTime() : undefined));
  const { status } = await gateway.send(request);
  return [status, count()];
}

const isFor = (seen: SeenRequest, method: string, key: string): boolean =>
  seen.method === method && seen.target.includes(key);

const newKey = (): string => randomUUID();

const LARGE = Buffer.alloc(1024 * 1024, 'x');

for (const fault of ['lose answer', 'reset'] as const) {
  const unanswered = `that a store does not answer (${fault}) is sent once`;

  test.each([
    { name: 'PUT', bucket: 'plain', body: 'small', expected: { target: 1, shadow: 0 } },
    { name: 'PUT of a stream', bucket: 'plain', body: LARGE, expected: { target: 1, shadow: 0 } },
    { name: 'PUT to both', bucket: 'both', body: 'small', expected: { target: 1, shadow: 1 } },
    { name: 'PUT of a stream to both', bucket: 'both', body: LARGE, expected: { target: 1, shadow: 1 } },
    { name: 'PUT of nothing to both', bucket: 'both', body: '', expected: { target: 0, shadow: 1 } },
  ])(`a $name ${unanswered}`, async ({ bucket, body, expected }) => {
    const request = { method: 'PUT', target: `/${bucket}/${newKey()}`, body };
    expect(await sent(fault, request, { expected })).toEqual([503, expected]);
  });

  test.each(['plain', 'both'])(`a DELETE in %s ${unanswered}`, async (bucket) => {
    const target = `/${bucket}/${newKey()}`;
    await gateway.send({ method: 'PUT', target, body: 'x' });
    expect(await sent(fault, { method: 'DELETE', target })).toEqual([503, { target: 1, shadow: 0 }]);
  });

  test(`each request of an upload in parts ${unanswered}`, async () => {
    const target = `/plain/${newKey()}`;
    const start = { method: 'POST', target: `${target}?uploads` };
    expect(await sent(fault, start)).toEqual([503, { target: 1, shadow: 0 }]);
    proxies.target.heal();
    const { text } = await gateway.send(start);
    const uploadId = encodeURIComponent(/<UploadId>(.+)<\/UploadId>/.exec(text)?.[1] ?? '');
    const part = { method: 'PUT', target: `${target}?partNumber=1&uploadId=${uploadId}`, body: 'part' };
    expect(await sent(fault, part)).toEqual([503, { target: 1, shadow: 0 }]);
    proxies.target.heal();
    const { etag } = (await gateway.send(part)).headers;
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part></CompleteMultipartUpload>`;
    const complete = { method: 'POST', target: `${target}?uploadId=${uploadId}`, body };
    expect(await sent(fault, complete)).toEqual([503, { target: 1, shadow: 0 }]);
  });

  test(`a read of what only the shadow has is sent twice at most (${fault})`, async () => {
    const key = newKey();
    await stores.shadow.send({ method: 'PUT', target: `/old/${key}`, body: 'old' });
    const read = { target: `/plain/${key}` };
    expect(await sent(fault, read, { failing: [proxies.shadow] })).toEqual([503, { target: 1, shadow: 2 }]);
  });
}

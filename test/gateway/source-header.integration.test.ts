import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.js';
import { remoteAt } from '../backends/remote/requests.js';
import { type RawRequest, ROOT, startTestGateway, type TestGateway } from './harness.js';

/** `outer` keeps its objects in `inner`, whose bucket `moving` is moving from `legacy`. */
let legacy: TestGateway;
let inner: TestGateway;
let outer: TestGateway;
let between: Backend;

beforeAll(async () => {
  [legacy, inner] = await Promise.all([startTestGateway(), startTestGateway()]);
  between = remoteAt(inner.url, ROOT);
  outer = await startTestGateway({ filter: () => between.service });
  await legacy.createBucket('old');
  await legacy.send({ method: 'PUT', target: '/old/a', body: 'old' });
  const { accessKeyId: access_key_id, secretAccessKey: secret_access_key } = ROOT;
  const shadow = { name: 'old', endpoint: legacy.url, region: 'eu', access_key_id, secret_access_key };
  await inner.createBucket('moving', { shadow });
  await inner.send({ method: 'PUT', target: '/moving/b', body: 'new' });
  await outer.createBucket('moving');
});

afterAll(async () => {
  await outer.close();
  await between.close();
  await Promise.all([inner, legacy].map((gateway) => gateway.close()));
});

async function sourceOf(gateway: TestGateway, request: RawRequest): Promise<[number, unknown]> {
  const { status, headers } = await gateway.send(request);
  return [status, headers['x-penumbra-source']];
}

const part = { headers: { range: 'bytes=0-0' } };

test('an object that was found says in which store, also when only a part of it, or nothing, is sent', async () => {
  for (const [key, source] of [
    ['a', 'shadow'],
    ['b', 'target'],
  ]) {
    const target = `/moving/${key}`;
    const { headers } = await inner.send({ method: 'HEAD', target });
    expect(headers['x-penumbra-source']).toBe(source);
    const unchanged = { headers: { 'if-none-match': String(headers.etag) } };
    expect(await sourceOf(inner, { target, ...unchanged })).toEqual([304, source]);
    expect(await sourceOf(inner, { method: 'HEAD', target, ...part })).toEqual([206, source]);
    expect(await sourceOf(inner, { target, ...part })).toEqual([206, source]);
  }
});

test('an object of a bucket that is not moving is the target’s, whatever a gateway behind it says', async () => {
  for (const [gateway, target] of [
    [legacy, '/old/a'],
    [outer, '/moving/b'],
    [outer, '/moving/a'],
  ] as const) {
    expect(await sourceOf(gateway, { target })).toEqual([200, 'target']);
    expect(await sourceOf(gateway, { method: 'HEAD', target })).toEqual([200, 'target']);
    expect(await sourceOf(gateway, { target, ...part })).toEqual([206, 'target']);
  }
});

test.each<[number, RawRequest]>([
  [404, { target: '/moving/none' }],
  [404, { method: 'HEAD', target: '/moving/none' }],
  [416, { target: '/moving/b', headers: { range: 'bytes=9-' } }],
  [412, { target: '/moving/b', headers: { 'if-match': '"other"' } }],
  [403, { target: '/moving/b', credentials: null }],
  [200, { target: '/moving' }],
  [200, { target: '/moving?list-type=2' }],
  [200, { method: 'HEAD', target: '/moving' }],
  [200, { target: '/moving/b?tagging' }],
  [200, { target: '/moving/b?acl' }],
  [200, { method: 'PUT', target: '/moving/c', body: 'c' }],
  [204, { method: 'DELETE', target: '/moving/c' }],
  [200, { target: '/' }],
])('nothing else says so: %i to %o', async (status, request) => {
  for (const gateway of [inner, outer]) expect(await sourceOf(gateway, request)).toEqual([status, undefined]);
});

import { expect, it } from 'vitest';
import type { Backend } from '../../../src/backends/backend.js';
import { createMemoryBackend } from '../../../src/backends/memory/memory.js';
import { type PreflightWish, preflight } from '../../../src/gateway/preflight/preflight.js';
import { createStores } from '../../../src/gateway/stores.js';
import type { S3Filter } from '../../../src/s3/message.js';
import { type Clock, systemClock as clock } from '../../../src/system/clock.js';
import { read, StoreClient } from '../../support/store-client.js';
import { declaredBackends } from '../declared-backends.js';

const WISH: PreflightWish = {
  from: { backend: 'old', bucket: 'photos' },
  to: { backend: 'new', bucket: 'photos' },
  verify: 'checksum',
  deleteSource: false,
  onExisting: 'fail',
};

const asIs: S3Filter = (service) => service;

/** How the stores differ from ones that can do all. */
interface Odd {
  readonly oldAs?: S3Filter;
  readonly newAs?: S3Filter;
  /** Bytes that are free in the new one. */
  readonly room?: number;
}

/** Two stores in memory. */
async function twoStores({ oldAs = asIs, newAs = asIs, room }: Odd = {}) {
  const made = (name: string): Backend => createMemoryBackend({ name, clock });
  const [from, to] = [made('old'), made('new')];
  const next: Backend = {
    ...to,
    service: newAs(to.service),
    ...(room !== undefined && { room: async () => room }),
  };
  const before = { ...from, service: oldAs(from.service) };
  const stores = createStores({ backends: declaredBackends({ backend: before }, { backend: next }), clock });
  const [old, there] = [new StoreClient(from.service, 'photos'), new StoreClient(to.service, 'photos')];
  await old.ask('PUT', '');
  const { signal } = new AbortController();
  return {
    old,
    there,
    look: (wish: Partial<PreflightWish> = {}, by: Clock = clock) =>
      preflight({ ...WISH, ...wish }, { stores, clock: by, signal }),
    bucketsThere: async () => (await there.ask('GET', '', { bucket: '' })).text,
  };
}

it('tells how much it is, how long it takes and how many requests, and leaves nothing behind', async () => {
  const { old, look, bucketsThere } = await twoStores();
  for (let index = 0; index < 20; index += 1) await old.put(`k${index}`, 'x'.repeat(1_000));
  const found = await look();
  expect(found).toMatchObject({
    counted: { objects: 20, bytes: 20_000, isExact: true },
    atTarget: { bucketExists: false, objects: 0 },
    sampled: 20,
    losses: [],
    problems: [],
    rate: { copied: { objects: 20, bytes: 20_000 } },
    requests: {
      source: { get: 20, head: 20, put: 0, delete: 0 },
      target: { get: 0, head: 20, put: 20, delete: 0 },
    },
  });
  expect(found.etaSeconds).toBeGreaterThan(0);
  expect(await bucketsThere()).not.toContain('<Bucket>');
  expect(await old.keys()).toHaveLength(20);
});

it('leaves what is at the target as it is, and says that it is in the way', async () => {
  const { old, there, look } = await twoStores();
  await old.put('a', 'x');
  await there.ask('PUT', '');
  for (const key of ['one', 'two']) await there.put(key, 'x');
  const found = await look();
  expect(found.atTarget).toEqual({
    bucketExists: true,
    objects: 2,
    isExact: true,
    firstKeys: ['one', 'two'],
  });
  expect(found.problems).toEqual(['bucket "photos" of backend "new" has 2 objects already, the first "one"']);
  expect((await look({ onExisting: 'replace' })).problems).toEqual([]);
  expect(await there.keys()).toEqual(['one', 'two']);
});

it('counts what content verification and deleting take', async () => {
  const { old, look } = await twoStores();
  await old.put('a', 'x');
  const { requests } = await look({ verify: 'content', deleteSource: true });
  expect(requests).toMatchObject({
    source: { get: 2, head: 0, delete: 1 },
    target: { get: 1, head: 0, put: 1 },
  });
});

it('tells what the target would lose of the objects that it looked at', async () => {
  const { old, look } = await twoStores({
    newAs: (service) => async (request) => {
      if (request.operation === 'GetObjectTagging') return { status: 501, headers: {} };
      if (request.headers['x-amz-storage-class']) return { status: 501, headers: {} };
      if (request.operation === 'HeadObject') {
        const { 'x-amz-checksum-crc32': _, ...headers } = (await service(request)).headers;
        return { status: 200, headers };
      }
      return service(request);
    },
  });
  await old.put('plain', 'x');
  await old.put('tagged', 'x', { 'x-amz-tagging': 'a=1' });
  await old.put('cold', 'x', { 'x-amz-storage-class': 'STANDARD_IA' });
  await old.put('summed', 'x', { 'x-amz-checksum-crc32': 'jNwWgw==' });
  const { losses } = await look();
  expect(losses).toEqual([
    {
      what: 'storage-class',
      reason: 'the target has no storage class STANDARD_IA',
      objects: 1,
      example: 'cold',
    },
    { what: 'checksum', reason: 'the target keeps no crc32 checksums', objects: 1, example: 'summed' },
    { what: 'tags', reason: 'the target keeps no tags', objects: 1, example: 'tagged' },
  ]);
});

it('says why the target cannot be written, and what it cannot be told then', async () => {
  const { old, look } = await twoStores({
    newAs: (service) => async (request) =>
      request.operation === 'CreateBucket' ? { status: 403, headers: {} } : service(request),
  });
  await old.put('a', 'x');
  const found = await look();
  expect(found.problems).toEqual([
    expect.stringMatching(
      /^the target cannot be written: The backend "new" refused the bucket "penumbra-probe-.*": status 403$/,
    ),
  ]);
  expect([found.rate, found.etaSeconds]).toEqual([undefined, undefined]);
});

it('says when there is no room for all of it', async () => {
  const { old, look } = await twoStores({ room: 150 });
  await old.put('a', 'x'.repeat(100));
  expect((await look()).problems).toEqual([]);
  await old.put('b', 'x'.repeat(100));
  expect((await look()).problems).toEqual([
    'bucket "photos" of backend "new" has room for 150 bytes, and the bucket has 200',
  ]);
});

it('tells what the bucket is set to have, which is not copied', async () => {
  const { look } = await twoStores({
    oldAs: (service) => async (request) =>
      request.operation === 'GetBucketCors' ? { status: 200, headers: {} } : service(request),
  });
  expect((await look()).bucketSettings).toEqual(['cors']);
});

it('counts what was uploaded in parts as losing its ETag where the target would take it in one', async () => {
  const { old, look } = await twoStores({
    newAs: (service) => async (request) =>
      service(
        request.operation === 'CompleteMultipartUpload'
          ? { ...request, headers: { ...request.headers, 'if-none-match': '' } }
          : request,
      ),
  });
  const begun = await old.ask('POST', 'in parts', { query: 'uploads' });
  const uploadId = /<UploadId>(.*)<.UploadId>/.exec(begun.text)?.[1];
  const part = await old.ask('PUT', 'in parts', { query: `partNumber=1&uploadId=${uploadId}`, body: 'x' });
  const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.etag}</ETag></Part></CompleteMultipartUpload>`;
  await old.ask('POST', 'in parts', { query: `uploadId=${uploadId}`, body });
  expect((await look()).losses).toMatchObject([{ what: 'etag', objects: 1, example: 'in parts' }]);
});

it('ends although the target does not answer, and removes what it made', async () => {
  const asked: string[] = [];
  const { old, there, look } = await twoStores({
    newAs: (service) => async (request) => {
      asked.push(request.operation);
      request.signal.throwIfAborted();
      if (request.operation !== 'CopyObject') return service(request);
      return new Promise((_, reject) => {
        request.signal.addEventListener('abort', () => reject(request.signal.reason));
      });
    },
  });
  await old.put('a', 'x');
  await there.ask('PUT', '');
  const impatient = { ...clock, after: (ms: number, late: () => void) => clock.after(ms / 50, late) };
  const { problems, rate } = await look({}, impatient);
  expect([problems, rate]).toEqual([['there was no time to try the target out'], undefined]);
  expect(asked).toContain('CopyObject');
  expect(await there.keys()).toEqual([]);
});

it('says which store cannot be listed, and which one does not answer', async () => {
  const refusing = await twoStores({
    newAs: (service) => async (request) =>
      request.operation === 'ListObjectsV2' ? { status: 403, headers: {} } : service(request),
  });
  await refusing.there.ask('PUT', '');
  await expect(refusing.look()).rejects.toThrow(
    'bucket "photos" of backend "new" cannot be listed: the store answered 403 to a listing',
  );
  const silent = await twoStores({
    oldAs: (service) => (request) =>
      request.operation === 'GetBucketCors'
        ? new Promise((_, reject) => {
            request.signal.addEventListener('abort', () => reject(request.signal.reason));
          })
        : service(request),
  });
  const impatient = { ...clock, after: (ms: number, late: () => void) => clock.after(ms / 50, late) };
  await expect(silent.look({}, impatient)).rejects.toThrow(
    'bucket "photos" of backend "old" did not answer in time',
  );
});

it('tells that ETags will be others where a store encrypts', async () => {
  const { old, look } = await twoStores({
    newAs: (service) => async (request) => {
      const answer = await service(request);
      if (request.operation !== 'HeadObject') return answer;
      return { ...answer, headers: { ...answer.headers, 'x-amz-server-side-encryption': 'aws:kms' } };
    },
  });
  await old.put('a', 'x');
  await old.put('b', 'x');
  expect((await look()).losses).toMatchObject([{ what: 'etag', objects: 2, example: 'a' }]);
});

it('says when an object is larger than the target takes', async () => {
  const { old, look } = await twoStores({
    oldAs: (service) => async (request) => {
      const answer = await service(request);
      if (request.operation !== 'ListObjectsV2') return answer;
      const text = (await read(answer)).toString().replace('<Size>1</Size>', '<Size>6000000000</Size>');
      return { status: 200, headers: {}, body: Buffer.from(text) };
    },
    newAs: (service) => async (request) =>
      request.operation === 'CreateMultipartUpload' ? { status: 501, headers: {} } : service(request),
  });
  await old.put('a', 'x');
  expect((await look()).problems).toEqual([
    'the target takes no uploads in parts, and an object has 6000000000 bytes: one PUT takes 5 GiB',
  ]);
});

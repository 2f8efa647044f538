import { CopyObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRemoteBackend } from '../../src/backends/remote/remote.js';
import { atBucket } from '../../src/filters/at-bucket.js';
import { createChecksum } from '../../src/s3/checksums.js';
import { systemClock } from '../../src/system/clock.js';
import { movingBucket } from '../shadow/moving.js';
import { Uploading } from '../shadow/uploading.js';
import { StoreClient } from '../support/store-client.js';
import { ROOT, startTestGateway, type TestGateway } from './harness.js';

const MIB = 1024 * 1024;
const Bucket = 'photos';
const { accessKeyId, secretAccessKey } = ROOT;

let legacy: TestGateway;
let gateway: TestGateway;

beforeAll(async () => {
  [legacy, gateway] = await Promise.all([startTestGateway(), startTestGateway()]);
  await legacy.createBucket('old');
  await gateway.createBucket(Bucket, {
    shadow: {
      name: 'old',
      endpoint: legacy.url,
      region: 'us-east-1',
      access_key_id: accessKeyId,
      secret_access_key: secretAccessKey,
    },
  });
});

afterAll(async () => {
  await gateway.close();
  await legacy.close();
});

async function migrated(Key: string, metadata: Record<string, string>): Promise<void> {
  const put = new PutObjectCommand({ Bucket: 'old', Key, Body: 'abc', Metadata: metadata });
  await legacy.sdk().send(put);
  expect((await gateway.send({ target: `/${Bucket}/${Key}` })).text).toBe('abc');
  await expect
    .poll(async () => (await head(Key)).headers['x-penumbra-source'], { timeout: 30_000 })
    .toBe('target');
}

const head = (key: string) => gateway.send({ method: 'HEAD', target: `/${Bucket}/${key}` });

const reserved = (headers: object) =>
  Object.keys(headers).filter((name) => name.startsWith('x-amz-meta-penumbra-'));

describe('a copy, as clients of the gateway see it', () => {
  test('tells when its source was written, and nothing else that the gateway keeps with it', async () => {
    await migrated('k', { a: '1' });
    const source = await legacy.sdk().send(new HeadObjectCommand({ Bucket: 'old', Key: 'k' }));
    const { headers } = await head('k');
    expect(headers['x-penumbra-source-last-modified']).toBe(source.LastModified?.toUTCString());
    expect(headers['x-amz-meta-a']).toBe('1');
    expect(reserved(headers)).toEqual([]);
    const inTarget = await new StoreClient(gateway.main.service, Bucket).ask('HEAD', 'k');
    expect(reserved(inTarget.headers)).toHaveLength(3);
  });

  test('still does once it was copied by a client', async () => {
    const copy = new CopyObjectCommand({ Bucket, Key: 'copied', CopySource: `${Bucket}/k` });
    await gateway.sdk().send(copy);
    const { headers } = await head('copied');
    expect(headers['x-penumbra-source-last-modified']).toBeDefined();
    expect(reserved(headers)).toEqual([]);
  });

  test('has losses that the operator is told of', async () => {
    await migrated('full', { a: 'a'.repeat(2_000) });
    const losses = () => gateway.admin('GET', `/buckets/${Bucket}/losses`);
    await expect
      .poll(losses, { timeout: 30_000 })
      .toMatchObject({ losses: [{ key: 'full', what: 'provenance' }], next: null });
    const status = await gateway.admin('GET', `/buckets/${Bucket}/status`);
    expect(status.losses).toMatchObject([{ what: 'provenance', count: 1 }]);
    expect(gateway.logged).toContainEqual(
      expect.objectContaining({ bucket: Bucket, key: 'full', what: 'provenance' }),
    );
  });
});

test('metadata of the name that the gateway keeps is not a client’s to write', async () => {
  const headers = { 'x-amz-meta-penumbra-source-last-modified': 'never', 'x-amz-meta-b': '2' };
  await gateway.send({ method: 'PUT', target: `/${Bucket}/own`, headers, body: 'abc' });
  const stored = await new StoreClient(gateway.main.service, Bucket).ask('HEAD', 'own');
  expect(stored.headers['x-amz-meta-b']).toBe('2');
  expect(reserved(stored.headers)).toEqual([]);
  expect((await head('own')).headers).not.toHaveProperty('x-penumbra-source-last-modified');
});

test('what reads have copied is told, until the shadow is another', async () => {
  await legacy.createBucket('counted');
  const shadow = {
    name: 'counted',
    endpoint: legacy.url,
    region: 'us-east-1',
    access_key_id: accessKeyId,
    secret_access_key: secretAccessKey,
  };
  await gateway.createBucket('counted', { shadow });
  for (const Key of ['a', 'b']) {
    await legacy.sdk().send(new PutObjectCommand({ Bucket: 'counted', Key, Body: 'abc' }));
    expect((await gateway.send({ target: `/counted/${Key}` })).text).toBe('abc');
  }
  const copied = async () => {
    const { migration } = await gateway.admin('GET', '/buckets/counted/status');
    return (migration as { copied_by_reads: unknown }).copied_by_reads;
  };
  await expect.poll(copied, { timeout: 30_000 }).toEqual({ objects: 2, bytes: 6 });
  await gateway.admin('PATCH', '/buckets/counted', { shadow: null });
  expect(await copied()).toEqual({ objects: 0, bytes: 0 });
  await gateway.admin('PATCH', '/buckets/counted', { shadow });
  expect(await copied()).toEqual({ objects: 0, bytes: 0 });
});

test('the checksums of parts reach a target over the network', async () => {
  await legacy.createBucket('new');
  const remote = createRemoteBackend({
    name: 'new',
    endpoint: legacy.url,
    region: 'us-east-1',
    accessKeyId,
    secretAccessKey,
    forcePathStyle: true,
    clock: systemClock,
  });
  const moving = await movingBucket({ stores: { target: atBucket('new')(remote.service) } });
  const uploading = await Uploading.begin(moving.shadow, 'k', { 'x-amz-checksum-algorithm': 'SHA256' });
  for (const [index, body] of ['a'.repeat(5 * MIB), 'b'].entries()) {
    const checksum = createChecksum('sha256');
    checksum.update(Buffer.from(body));
    await uploading.part(index + 1, body, { 'x-amz-checksum-sha256': checksum.digest() });
  }
  await uploading.complete();
  expect(await moving.bucket.migrate('k')).toMatchObject({ state: 'copied' });
  const asking = { headers: { 'x-amz-checksum-mode': 'ENABLED' } };
  const checksum = async (store: StoreClient) =>
    (await store.ask('HEAD', 'k', asking)).headers['x-amz-checksum-sha256'];
  expect(await checksum(moving.target)).toMatch(/-2$/);
  expect(await checksum(moving.target)).toBe(await checksum(moving.shadow));
  expect(moving.losses).toEqual([]);
  await remote.close();
});

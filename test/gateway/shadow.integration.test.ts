import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ROOT, startTestGateway, type TestGateway } from './harness.js';

let legacy: TestGateway;
let gateway: TestGateway;
let count = 0;
/** A bucket of the gateway and the one that it is moving from, new for each test. */
let Bucket: string;
let old: string;

beforeAll(async () => {
  [legacy, gateway] = await Promise.all([startTestGateway(), startTestGateway()]);
});

afterAll(async () => {
  await gateway.close();
  await legacy.close();
});

beforeEach(async () => {
  count += 1;
  Bucket = `bucket-${count}`;
  old = `old-${count}`;
  await legacy.createBucket(old);
  await inLegacy('a', 'one');
  await inLegacy('b/ü +', 'two');
});

function shadow(settings = {}) {
  const { accessKeyId, secretAccessKey } = ROOT;
  const keys = { access_key_id: accessKeyId, secret_access_key: secretAccessKey };
  return { name: old, endpoint: legacy.url, region: 'us-east-1', ...keys, ...settings };
}

async function inLegacy(Key: string, Body: string): Promise<void> {
  await legacy.sdk().send(new PutObjectCommand({ Bucket: old, Key, Body, Metadata: { from: 'legacy' } }));
}

async function legacyKeys(): Promise<(string | undefined)[]> {
  const { Contents = [] } = await legacy.sdk().send(new ListObjectsV2Command({ Bucket: old }));
  return Contents.map(({ Key }) => Key);
}

async function get(Key: string): Promise<string | undefined> {
  const { Body } = await gateway.sdk().send(new GetObjectCommand({ Bucket, Key }));
  return Body?.transformToString();
}

/** Until a copy in the background has landed, the source of a read is the shadow. */
async function untilMigrated(key: string): Promise<void> {
  for (;;) {
    const { headers } = await gateway.send({ method: 'HEAD', target: `/${Bucket}/${key}` });
    if (headers['x-penumbra-source'] === 'target') return;
  }
}

describe('a bucket with a shadow', () => {
  test('shows what only the shadow has, and has it itself from the first read on', async () => {
    await gateway.createBucket(Bucket, { shadow: shadow() });
    const listed = await gateway.sdk().send(new ListObjectsV2Command({ Bucket }));
    expect(listed.Contents?.map(({ Key }) => Key)).toEqual(['a', 'b/ü +']);
    const first = await gateway.send({ target: `/${Bucket}/a` });
    expect(first).toMatchObject({
      text: 'one',
      headers: { 'x-penumbra-source': 'shadow', 'x-amz-meta-from': 'legacy' },
    });
    await untilMigrated('a');
    expect(await get('a')).toBe('one');
  });

  test('deletes in both', async () => {
    await gateway.createBucket(Bucket, { shadow: shadow() });
    await gateway.sdk().send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
    expect((await gateway.send({ target: `/${Bucket}/a` })).status).toBe(404);
    await expect.poll(legacyKeys, { timeout: 30_000 }).toEqual(['b/ü +']);
  });

  test('writes in both when it is told to', async () => {
    await gateway.createBucket(Bucket, { shadow: shadow({ write_through: true }) });
    await gateway.sdk().send(new PutObjectCommand({ Bucket, Key: 'c', Body: 'three' }));
    expect(await legacyKeys()).toContain('c');
    expect(await get('c')).toBe('three');
  });

  test('copies an object that it does not have yet, also into another bucket', async () => {
    await gateway.createBucket(Bucket, { shadow: shadow(), target_bucket: `target-${count}` });
    await gateway.createBucket(`copies-${count}`);
    const CopySource = `${Bucket}/b/${encodeURIComponent('ü +')}`;
    await gateway.sdk().send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }));
    await gateway.sdk().send(new CopyObjectCommand({ Bucket: `copies-${count}`, Key: 'copy', CopySource }));
    expect(await get('copy')).toBe('two');
    const far = await gateway.sdk().send(new HeadObjectCommand({ Bucket: `copies-${count}`, Key: 'copy' }));
    expect(far.Metadata).toEqual({ from: 'legacy' });
  });

  test('cannot be destroyed; it can once the shadow has been swept and cleared', async () => {
    await gateway.createBucket(Bucket, { shadow: shadow() });
    const refused = await gateway.send({ method: 'DELETE', target: `/${Bucket}` });
    expect(refused.status).toBe(409);
    expect(refused.text).toContain('still has a shadow; clear the shadow first.');
    await gateway.admin('POST', `/buckets/${Bucket}/sweep`, {});
    await expect
      .poll(() => gateway.admin('GET', `/buckets/${Bucket}/sweep`), { timeout: 30_000 })
      .toMatchObject({ state: 'done' });
    await gateway.admin('PATCH', `/buckets/${Bucket}`, { shadow: null });
    expect((await gateway.send({ target: `/${Bucket}/a` })).headers['x-penumbra-source']).toBe('target');
    expect(await get('b/ü +')).toBe('two');
    for (const key of ['a', 'b/%C3%BC%20%2B'])
      await gateway.send({ method: 'DELETE', target: `/${Bucket}/${key}` });
    expect((await gateway.send({ method: 'DELETE', target: `/${Bucket}` })).status).toBe(204);
    expect(await legacyKeys()).toEqual(['a', 'b/ü +']);
  });

  test('answers 503, never 404, when the shadow cannot be reached', async () => {
    const gone = await startTestGateway();
    await gone.createBucket(old);
    await gateway.createBucket(Bucket, { shadow: shadow({ endpoint: gone.url }) });
    await gone.close();
    const { status, headers } = await gateway.send({ target: `/${Bucket}/a` });
    expect(status).toBe(503);
    expect(headers['retry-after']).toBeDefined();
  });
});

test('a multipart upload ends with the address that the client knows', async () => {
  await gateway.createBucket(Bucket, { target_bucket: `target-${count}` });
  const params = { Bucket, Key: 'big file', Body: Buffer.alloc(6 * 1024 * 1024, 'x') };
  const done = await new Upload({ client: gateway.sdk(), params }).done();
  expect(done).toMatchObject({ Bucket, Location: `${gateway.url}/${Bucket}/big%20file` });
});

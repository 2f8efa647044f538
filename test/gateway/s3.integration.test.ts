import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from './harness.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ config: { domain: 's3.example.com' } });
});

afterAll(() => gateway.close());

describe('with the AWS SDK', () => {
  test('root makes a bucket, uses it and removes it', async () => {
    const s3 = gateway.sdk();
    const Bucket = 'sdk-bucket';
    await s3.send(new CreateBucketCommand({ Bucket }));
    await expect(s3.send(new CreateBucketCommand({ Bucket }))).rejects.toThrow(
      expect.objectContaining({ name: 'BucketAlreadyOwnedByYou' }),
    );
    await s3.send(
      new PutObjectCommand({ Bucket, Key: 'a b/ü.txt', Body: 'hello', Metadata: { colour: 'red' } }),
    );
    const { Body, Metadata } = await s3.send(new GetObjectCommand({ Bucket, Key: 'a b/ü.txt' }));
    expect(await Body?.transformToString()).toBe('hello');
    expect(Metadata).toEqual({ colour: 'red' });
    await expect(s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toThrow(
      expect.objectContaining({ name: 'BucketNotEmpty' }),
    );
    expect((await gateway.send({ method: 'DELETE', target: '/sdk-bucket/a%20b/%C3%BC.txt' })).status).toBe(
      204,
    );
    await s3.send(new DeleteBucketCommand({ Bucket }));
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).not.toContain(Bucket);
  });

  test('a bucket goes by its own name, whatever its backend calls it', async () => {
    const credentials = await gateway.createBucket('front', { target_bucket: 'back' });
    const s3 = gateway.sdk(credentials);
    await s3.send(new PutObjectCommand({ Bucket: 'front', Key: 'x', Body: 'y' }));
    expect((await s3.send(new ListObjectsV2Command({ Bucket: 'front' }))).Name).toBe('front');
    const missing = await gateway.send({ target: '/front/none', credentials });
    expect(missing.text).toContain('<Resource>/front/none</Resource>');
    expect(missing.text).not.toContain('back');
  });

  test('a large object comes back whole, and HEAD tells its length without sending it', async () => {
    await gateway.createBucket('large');
    const s3 = gateway.sdk();
    const body = Buffer.alloc(3_000_000, 'penumbra');
    await s3.send(new PutObjectCommand({ Bucket: 'large', Key: 'k', Body: body }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'large', Key: 'k' }));
    expect(body.equals(Buffer.from((await Body?.transformToByteArray()) ?? []))).toBe(true);
    const head = await s3.send(new HeadObjectCommand({ Bucket: 'large', Key: 'k' }));
    expect(head.ContentLength).toBe(body.length);
  });
});

describe('keys', () => {
  beforeAll(async () => {
    await gateway.createBucket('keys');
    await gateway.createBucket('secrets');
    await gateway.send({ method: 'PUT', target: '/secrets/z', body: 'top secret' });
  });

  test.each([
    ['/keys/./x/../y', './x/../y'],
    ['/keys//double//slash/', '/double//slash/'],
    ['/keys/%2e%2e/secrets/z', '../secrets/z'],
    ['/keys/../secrets/z', '../secrets/z'],
    ['/keys/a%2Fb', 'a/b'],
    ['/keys/a+b', 'a+b'],
    ['/keys/%F0%9F%90%99.txt', '🐙.txt'],
    ['/keys/back%5Cslash', 'back\\slash'],
    ['/keys/_/api/admin', '_/api/admin'],
    ['/keys/q%3Fa=1', 'q?a=1'],
  ])('%s is the key %s and no other', async (target, key) => {
    const put = await gateway.send({ method: 'PUT', target, body: target });
    expect(put.status).toBe(200);
    expect((await gateway.send({ target })).text).toBe(target);
    const listed = await gateway.sdk().send(new GetObjectCommand({ Bucket: 'keys', Key: key }));
    expect(await listed.Body?.transformToString()).toBe(target);
    expect((await gateway.send({ target: '/secrets/z' })).text).toBe('top secret');
  });

  test('a bucket can be addressed by host, and then even a key that begins like the site is a key', async () => {
    const headers = { host: 'keys.s3.example.com' };
    const put = await gateway.send({ method: 'PUT', target: '/_/health/live', headers, body: 'mine' });
    expect(put.status).toBe(200);
    expect((await gateway.send({ target: '/keys/_/health/live' })).text).toBe('mine');
  });

  test('an object that is completed under the host of its bucket is found where it is said to be', async () => {
    const headers = { host: 'keys.s3.example.com' };
    const begun = await gateway.send({ method: 'POST', target: '/a/b?uploads=', headers });
    const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(begun.text)?.[1];
    const target = `/a/b?partNumber=1&uploadId=${uploadId}`;
    const part = await gateway.send({ method: 'PUT', target, headers, body: 'part' });
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.etag}</ETag></Part></CompleteMultipartUpload>`;
    const done = await gateway.send({ method: 'POST', target: `/a/b?uploadId=${uploadId}`, headers, body });
    expect(done.text).toContain('<Location>http://keys.s3.example.com/a/b</Location>');
    expect((await gateway.send({ target: '/a/b', headers })).text).toBe('part');
  });

  test('a dotted path to the admin API stays a key or a bucket name', async () => {
    expect((await gateway.send({ target: '/keys/../_/health/live' })).text).toContain('NoSuchKey');
    expect((await gateway.send({ target: '/./_/health/live' })).text).toContain('InvalidBucketName');
    expect((await gateway.send({ target: '/_/../keys/a+b' })).status).toBe(404);
  });
});

describe('every answer', () => {
  test('has a request id, which the error document and the log have too', async () => {
    const missing = await gateway.send({ target: '/nowhere/at/all?X=1' });
    const id = String(missing.headers['x-amz-request-id']);
    expect(id).toMatch(/^[0-9A-F]{16}$/);
    expect(missing).toMatchObject({ status: 404, headers: { 'x-amz-id-2': 'penumbra', server: 'Penumbra' } });
    expect(missing.text).toContain(`<Code>NoSuchBucket</Code>`);
    expect(missing.text).toContain(`<RequestId>${id}</RequestId>`);
    const line = gateway.logged.find(({ requestId }) => requestId === id);
    expect(line).toMatchObject({
      method: 'GET',
      operation: 'GetObject',
      bucket: 'nowhere',
      key: 'at/all',
      status: 404,
    });
  });

  test('to HEAD has no body, errors included', async () => {
    const missing = await gateway.send({ method: 'HEAD', target: '/keys/none' });
    expect(missing).toMatchObject({ status: 404, text: '' });
  });

  test('keeps secrets and signatures out of the log', async () => {
    const { url } = gateway;
    const text = JSON.stringify(gateway.logged);
    expect(url).toContain('127.0.0.1');
    for (const secret of ['root-secret', 'Signature', 'AWS4-HMAC']) expect(text).not.toContain(secret);
  });
});

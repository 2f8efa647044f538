import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { rewriteAnswer } from '../../src/gateway/rewriting.js';
import type { S3Response } from '../../src/s3/message.js';
import type { OperationName } from '../../src/s3/operations.js';

const VIEW = {
  requestId: 'OURS',
  resource: '/photos/a%20b',
  origin: 'https://penumbra.example.com',
  bucketUrl: () => 'https://penumbra.example.com/photos',
  targetBucket: 'photos-on-cloud',
};

async function rewrite(operation: OperationName, response: S3Response, view = VIEW) {
  const { signal } = new AbortController();
  const request = { operation, method: 'GET', bucket: 'photos', key: 'a b', query: [], headers: {}, signal };
  const rewritten = await rewriteAnswer(response, request, view);
  return { ...rewritten, text: Buffer.isBuffer(rewritten.body) ? rewritten.body.toString() : undefined };
}

function xml(status: number, ...pieces: string[]): S3Response {
  const body = Readable.from(pieces.map((piece) => Buffer.from(piece)));
  return { status, headers: { 'content-type': 'application/xml', 'content-length': '1' }, body };
}

test('an error speaks of the bucket, the path and the request that the client knows', async () => {
  const error =
    '<Error><Code>NoSuchKey</Code><BucketName>photos-on-cloud</BucketName><Key>a b</Key><Resource>/photos-on-cloud/a b' +
    '</Resource><RequestId>THEIRS</RequestId><HostId>host-7</HostId><Endpoint>s3.cloud.example</Endpoint></Error>';
  const { status, headers, text } = await rewrite('GetObject', xml(404, error.slice(0, 70), error.slice(70)));
  expect(status).toBe(404);
  expect(text).toBe(
    '<Error><Code>NoSuchKey</Code><BucketName>photos</BucketName><Key>a b</Key><Resource>/photos/a%20b</Resource>' +
      '<RequestId>OURS</RequestId><HostId>penumbra</HostId><Endpoint>penumbra.example.com</Endpoint></Error>',
  );
  expect(headers['content-length']).toBe(String(text?.length));
});

test('a listing has the name that the client asked for, and its keys stay as they are', async () => {
  const listing =
    '<ListBucketResult><Name>photos-on-cloud</Name><Contents><Key>Name photos-on-cloud</Key></Contents>';
  const { text } = await rewrite('ListObjectsV2', xml(200, listing));
  expect(text).toBe(
    '<ListBucketResult><Name>photos</Name><Contents><Key>Name photos-on-cloud</Key></Contents>',
  );
});

test('a listing is not even read when both names are the same', async () => {
  const response = xml(200, '<ListBucketResult/>');
  const { body } = await rewrite('ListObjectsV2', response, { ...VIEW, targetBucket: 'photos' });
  expect(body).toBe(response.body);
});

test('the location of a completed upload is where the client finds the object', async () => {
  const result = '<R><Location>http://cloud/x</Location><Bucket>photos-on-cloud</Bucket><Key>a b</Key></R>';
  const { text } = await rewrite('CompleteMultipartUpload', xml(200, result));
  expect(text).toContain(
    '<Location>https://penumbra.example.com/photos/a%20b</Location><Bucket>photos</Bucket>',
  );
});

test('an error that comes after status 200 is rewritten as well', async () => {
  const { text } = await rewrite('CopyObject', xml(200, '<Error><RequestId>THEIRS</RequestId></Error>'));
  expect(text).toBe('<Error><RequestId>OURS</RequestId></Error>');
});

test('the bytes of an object pass as they come, and header fields of the host do not', async () => {
  const body = Readable.from([Buffer.from('<RequestId>THEIRS</RequestId>')]);
  const fields = { etag: '"e"', 'x-amz-meta-a': 'b', 'content-length': '29' };
  const hosts = {
    server: 'Ceph',
    'x-amz-request-id': 'THEIRS',
    'x-amz-id-2': 'h',
    'set-cookie': 'a',
    date: 'now',
  };
  const rewritten = await rewrite('GetObject', { status: 200, headers: { ...fields, ...hosts }, body });
  expect(rewritten.body).toBe(body);
  expect(rewritten.headers).toEqual({ ...fields, 'x-penumbra-source': 'target' });
});

test('the provenance of a copy is shown as a header of the gateway, and its user metadata is not', async () => {
  const headers = {
    'x-amz-meta-a': '1',
    'x-amz-meta-penumbra-source-last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
    'x-amz-meta-penumbra-source-etag': '"e"',
  };
  const rewritten = await rewrite('GetObject', { status: 200, headers });
  expect(rewritten.headers).toEqual({
    'x-amz-meta-a': '1',
    'x-penumbra-source': 'target',
    'x-penumbra-source-last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
  });
});

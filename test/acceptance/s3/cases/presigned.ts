import assert from 'node:assert/strict';
import { etagOf, hasHeaders, headRefused, ok, refused } from '../checks.js';
import { core, full, type S3Case, smoke, wire } from '../s3-case.js';
import type { ToPresign } from '../s3-http.js';
import type { TestBucket } from '../test-bucket.js';

const HOUR_MS = 3_600_000;

interface Use extends Omit<ToPresign, 'path' | 'method'> {
  readonly method?: string;
  readonly name?: string;
  readonly body?: string;
  /** Changes the URL after it was signed. */
  readonly tamper?: (target: string) => string;
  /** In the place of the method that was signed. */
  readonly send?: string;
}

/** Makes a URL and uses it as somebody would who has no keys. */
function use(bucket: TestBucket, { name = 'key', method = 'GET', body, tamper, send, ...signed }: Use) {
  const target = bucket.http.presign({ ...signed, method, path: bucket.path(name) });
  return bucket.http.send({
    method: send ?? method,
    target: tamper?.(target) ?? target,
    headers: signed.headers ?? {},
    ...(body !== undefined && { body: Buffer.from(body) }),
  });
}

/** AWS, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)". */
export const presignedCases: readonly S3Case[] = [
  smoke('PresignedUrl_GetObject', async (bucket) => {
    await bucket.fixture('key', 'text', { 'content-type': 'text/css' });
    const answer = ok(await use(bucket, {}));
    assert.equal(answer.text, 'text');
    hasHeaders(answer, { 'content-type': 'text/css', etag: etagOf('text') });
  }),

  smoke('PresignedUrl_PutObject', async (bucket) => {
    ok(await use(bucket, { method: 'PUT', body: 'text' }));
    assert.equal(await bucket.text('key'), 'text');
  }),

  core('PresignedUrl_HeadObject', async (bucket) => {
    await bucket.fixture('key', 'text');
    hasHeaders(ok(await use(bucket, { method: 'HEAD' })), { 'content-length': '4' });
  }),

  core('PresignedUrl_DeleteObject', async (bucket) => {
    await bucket.fixture('key', 'text');
    ok(await use(bucket, { method: 'DELETE' }), 204);
    headRefused(await bucket.head('key'), 404);
  }),

  core('PresignedUrl_UploadPart', async (bucket) => {
    const uploadId = await bucket.begin('key');
    const query = { partNumber: '1', uploadId };
    const part = ok(await use(bucket, { method: 'PUT', query, body: 'part' }));
    ok(await bucket.complete('key', uploadId, [[1, part.headers.etag ?? '']]));
    assert.equal(await bucket.text('key'), 'part');
  }),

  core('PresignedUrl_ListObjectsV2', async (bucket) => {
    await bucket.fixture('key', 'text');
    const query = { 'list-type': '2', prefix: bucket.prefix };
    const target = bucket.http.presign({ method: 'GET', path: `/${bucket.name}`, query });
    const answer = ok(await bucket.http.send({ method: 'GET', target, headers: {} }));
    assert.deepEqual(bucket.names(answer), ['key']);
  }),

  core('PresignedUrl_response_headers', async (bucket) => {
    await bucket.fixture('key', 'text');
    const query = { 'response-content-disposition': 'attachment; filename="a b.txt"' };
    hasHeaders(ok(await use(bucket, { query })), { 'content-disposition': 'attachment; filename="a b.txt"' });
  }),

  core('PresignedUrl_odd_keys', async (bucket) => {
    for (const name of ['a b', 'ü+🏖️', 'a/../b', 'a?b&c=d', "it's (here)!*"]) {
      await bucket.fixture(name);
      assert.equal(ok(await use(bucket, { name })).text, name);
    }
  }),

  core('PresignedUrl_range', async (bucket) => {
    await bucket.fixture('key', '0123456789');
    const target = bucket.http.presign({ method: 'GET', path: bucket.path('key') });
    const answer = await bucket.http.send({ method: 'GET', target, headers: { range: 'bytes=2-4' } });
    assert.equal(ok(answer, 206).text, '234');
  }),

  core('PresignedUrl_signed_header', async (bucket) => {
    const headers = { 'content-type': 'text/css', 'x-amz-meta-a': 'b' };
    ok(await use(bucket, { method: 'PUT', headers, body: 'text' }));
    hasHeaders(ok(await bucket.head('key')), headers);
  }),

  core('PresignedUrl_missing_key', async (bucket) => {
    refused(await use(bucket, { name: 'missing' }), 404, 'NoSuchKey');
  }),

  core('PresignedUrl_expired', async (bucket) => {
    await bucket.fixture('key', 'text');
    refused(await use(bucket, { expiresIn: 60, signedAt: Date.now() - HOUR_MS }), 403, 'AccessDenied');
  }),

  full('PresignedUrl_not_valid_yet', async (bucket) => {
    await bucket.fixture('key', 'text');
    refused(await use(bucket, { signedAt: Date.now() + HOUR_MS }), 403, 'AccessDenied');
  }),

  full('PresignedUrl_of_a_week', async (bucket) => {
    await bucket.fixture('key', 'text');
    ok(await use(bucket, { expiresIn: 604_800 }));
  }),

  full('PresignedUrl_of_more_than_a_week', async (bucket) => {
    await bucket.fixture('key', 'text');
    refused(await use(bucket, { expiresIn: 604_801 }), 400, 'AuthorizationQueryParametersError');
  }),

  wire('PresignedUrl_for_another_key', async (bucket) => {
    await bucket.fixtures('key', 'other');
    const tamper = (target: string) => target.replace('/key?', '/other?');
    refused(await use(bucket, { tamper }), 403, 'SignatureDoesNotMatch');
  }),

  wire('PresignedUrl_for_another_method', async (bucket) => {
    await bucket.fixture('key', 'text');
    refused(await use(bucket, { send: 'DELETE' }), 403, 'SignatureDoesNotMatch');
    assert.equal(await bucket.text('key'), 'text');
  }),

  wire('PresignedUrl_with_another_expiry', async (bucket) => {
    await bucket.fixture('key', 'text');
    const tamper = (target: string) => target.replace('X-Amz-Expires=3600', 'X-Amz-Expires=7200');
    refused(await use(bucket, { tamper }), 403, 'SignatureDoesNotMatch');
  }),

  wire('PresignedUrl_with_another_parameter', async (bucket) => {
    await bucket.fixture('key', 'text');
    const tamper = (target: string) => `${target}&response-content-type=text%2Fhtml`;
    refused(await use(bucket, { tamper }), 403, 'SignatureDoesNotMatch');
  }),

  wire('PresignedUrl_with_another_signature', async (bucket) => {
    await bucket.fixture('key', 'text');
    const tamper = (target: string) => target.replace(/Signature=[0-9a-f]+$/, `Signature=${'0'.repeat(64)}`);
    refused(await use(bucket, { tamper }), 403, 'SignatureDoesNotMatch');
  }),

  wire('PresignedUrl_without_a_signed_header', async (bucket) => {
    const target = bucket.http.presign({
      method: 'PUT',
      path: bucket.path('key'),
      headers: { 'x-amz-meta-a': 'b' },
    });
    const answer = await bucket.http.send({ method: 'PUT', target, headers: {}, body: Buffer.from('text') });
    assert.equal(answer.status, 403);
    headRefused(await bucket.head('key'), 404);
  }),

  wire('PresignedUrl_of_an_unknown_key', async (bucket) => {
    await bucket.fixture('key', 'text');
    const { accessKeyId } = bucket.http.account;
    const tamper = (target: string) => target.replace(accessKeyId, 'AKIAUNKNOWNUNKNOWN00');
    refused(await use(bucket, { tamper }), 403, 'InvalidAccessKeyId');
  }),
];

import assert from 'node:assert/strict';
import { base64Md5, hasHeaders, ok } from '../checks.js';
import { alone, core, type S3Case } from '../s3-case.js';
import type { TestBucket } from '../test-bucket.js';

const ORIGIN = 'https://a.example';

async function allow(bucket: TestBucket): Promise<void> {
  const body = `<CORSConfiguration><CORSRule><AllowedOrigin>${ORIGIN}</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule></CORSConfiguration>`;
  ok(
    await bucket.askBucket('PUT', { query: { cors: '' }, body, headers: { 'content-md5': base64Md5(body) } }),
  );
}

function preflight(bucket: TestBucket, origin: string, method: string) {
  const headers = { origin, 'access-control-request-method': method };
  return bucket.http.send({ method: 'OPTIONS', target: bucket.path('key'), headers });
}

/** AWS, "Using cross-origin resource sharing (CORS)". */
export const corsCases: readonly S3Case[] = [
  alone(
    core('Preflight_allowed', async (bucket) => {
      await allow(bucket);
      const answer = ok(await preflight(bucket, ORIGIN, 'PUT'));
      hasHeaders(answer, { 'access-control-allow-origin': ORIGIN, 'access-control-max-age': '60' });
      assert.match(answer.headers['access-control-allow-methods'] ?? '', /PUT/);
    }),
  ),

  alone(
    core('Preflight_of_another_origin', async (bucket) => {
      await allow(bucket);
      assert.equal((await preflight(bucket, 'https://other.example', 'PUT')).status, 403);
    }),
  ),

  alone(
    core('Preflight_of_another_method', async (bucket) => {
      await allow(bucket);
      assert.equal((await preflight(bucket, ORIGIN, 'DELETE')).status, 403);
    }),
  ),

  alone(
    core('GetObject_of_an_allowed_origin', async (bucket) => {
      await allow(bucket);
      await bucket.fixture('key', 'text');
      for (const _ of ['first', 'second']) {
        const answer = ok(await bucket.get('key', { origin: ORIGIN }));
        hasHeaders(answer, { 'access-control-allow-origin': ORIGIN });
        assert.equal(answer.headers['access-control-expose-headers']?.toLowerCase(), 'etag');
      }
    }),
  ),

  alone(
    core('GetObject_of_another_origin', async (bucket) => {
      await allow(bucket);
      await bucket.fixture('key', 'text');
      const answer = ok(await bucket.get('key', { origin: 'https://other.example' }));
      hasHeaders(answer, { 'access-control-allow-origin': undefined });
    }),
  ),
];

import assert from 'node:assert/strict';
import { base64Md5, hasHeaders, ok, refused } from '../checks.js';
import { core, full, type S3Case } from '../s3-case.js';
import type { S3Http } from '../s3-http.js';
import type { TestBucket } from '../test-bucket.js';

const UNTIL = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z');

/** A new bucket with object lock, by its path. */
async function lockedBucket(bucket: TestBucket): Promise<string> {
  const path = `/${bucket.newBucketName()}`;
  ok(await bucket.http.ask('PUT', path, { headers: { 'x-amz-bucket-object-lock-enabled': 'true' } }));
  return path;
}

/** Writes a governed object; returns its version. */
async function governed(http: S3Http, path: string): Promise<string> {
  const headers = {
    'x-amz-object-lock-mode': 'GOVERNANCE',
    'x-amz-object-lock-retain-until-date': UNTIL,
    'content-md5': base64Md5('text'),
  };
  return ok(await http.ask('PUT', path, { body: 'text', headers })).headers['x-amz-version-id'] ?? '';
}

function put(http: S3Http, path: string, name: string, body: string) {
  return http.ask('PUT', path, { query: { [name]: '' }, body, headers: { 'content-md5': base64Md5(body) } });
}

/** AWS, "Locking objects with Object Lock". */
export const objectLockCases: readonly S3Case[] = [
  core('CreateBucket_object_lock', async (bucket) => {
    const path = await lockedBucket(bucket);
    const answer = ok(await bucket.http.ask('GET', path, { query: { 'object-lock': '' } }));
    assert.equal(answer.value('ObjectLockEnabled'), 'Enabled');
    const versioning = ok(await bucket.http.ask('GET', path, { query: { versioning: '' } }));
    assert.equal(versioning.value('Status'), 'Enabled');
  }),

  full('PutObjectLockConfiguration_default_retention', async (bucket) => {
    const path = await lockedBucket(bucket);
    const body =
      '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>';
    ok(await put(bucket.http, path, 'object-lock', body));
    const answer = ok(await bucket.http.ask('GET', path, { query: { 'object-lock': '' } }));
    assert.equal(answer.value('Rule/DefaultRetention/Days'), '1');
  }),

  full('PutObject_retention', async (bucket) => {
    const path = `${await lockedBucket(bucket)}/key`;
    const versionId = await governed(bucket.http, path);
    hasHeaders(ok(await bucket.http.ask('HEAD', path)), { 'x-amz-object-lock-mode': 'GOVERNANCE' });
    const refusal = await bucket.http.ask('DELETE', path, { query: { versionId } });
    refused(refusal, 403, 'AccessDenied');
    const headers = { 'x-amz-bypass-governance-retention': 'true' };
    ok(await bucket.http.ask('DELETE', path, { query: { versionId }, headers }), 204);
  }),

  full('PutObjectRetention_success', async (bucket) => {
    const path = `${await lockedBucket(bucket)}/key`;
    ok(await bucket.http.ask('PUT', path, { body: 'text' }));
    const body = `<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>${UNTIL}</RetainUntilDate></Retention>`;
    ok(await put(bucket.http, path, 'retention', body));
    const answer = ok(await bucket.http.ask('GET', path, { query: { retention: '' } }));
    assert.equal(answer.value('Mode'), 'GOVERNANCE');
    assert.equal(Date.parse(answer.value('RetainUntilDate') ?? ''), Date.parse(UNTIL));
  }),

  full('PutObjectLegalHold_success', async (bucket) => {
    const path = `${await lockedBucket(bucket)}/key`;
    const written = ok(await bucket.http.ask('PUT', path, { body: 'text' }));
    const versionId = written.headers['x-amz-version-id'] ?? '';
    ok(await put(bucket.http, path, 'legal-hold', '<LegalHold><Status>ON</Status></LegalHold>'));
    const answer = ok(await bucket.http.ask('GET', path, { query: { 'legal-hold': '' } }));
    assert.equal(answer.value('Status'), 'ON');
    refused(await bucket.http.ask('DELETE', path, { query: { versionId } }), 403, 'AccessDenied');
    ok(await put(bucket.http, path, 'legal-hold', '<LegalHold><Status>OFF</Status></LegalHold>'));
    ok(await bucket.http.ask('DELETE', path, { query: { versionId } }), 204);
  }),

  full('PutObjectRetention_without_object_lock', async (bucket) => {
    await bucket.fixture('key', 'text');
    const body = `<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>${UNTIL}</RetainUntilDate></Retention>`;
    const answer = await put(bucket.http, bucket.path('key'), 'retention', body);
    refused(answer, 400, 'InvalidRequest');
  }),
];

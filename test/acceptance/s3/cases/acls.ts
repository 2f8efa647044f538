import assert from 'node:assert/strict';
import type { Answer } from '../answer.js';
import { hasHeaders, ok, refused } from '../checks.js';
import { core, full, type S3Case } from '../s3-case.js';
import type { TestBucket } from '../test-bucket.js';

const ALL_USERS = 'http://acs.amazonaws.com/groups/global/AllUsers';

const aclOf = async (bucket: TestBucket, name = 'key'): Promise<Answer> =>
  ok(await bucket.ask('GET', name, { query: { acl: '' } }));

const permissions = (answer: Answer): string[] => answer.texts('AccessControlList/Grant/Permission').sort();

const putAcl = (bucket: TestBucket, headers: Readonly<Record<string, string>>) =>
  bucket.ask('PUT', 'key', { query: { acl: '' }, headers });

/** Reads an object as somebody without keys. */
const readAnonymously = (bucket: TestBucket): Promise<Answer> =>
  bucket.http.send({ method: 'GET', target: bucket.path('key'), headers: {} });

/** AWS, "Access control list (ACL) overview". */
export const aclCases: readonly S3Case[] = [
  core('GetObjectAcl_success', async (bucket) => {
    await bucket.fixture('key', 'text');
    const answer = await aclOf(bucket);
    assert.equal(answer.root.name, 'AccessControlPolicy');
    assert.deepEqual(permissions(answer), ['FULL_CONTROL']);
    assert.equal(answer.value('Owner/ID'), answer.value('AccessControlList/Grant/Grantee/ID'));
  }),

  core('GetObjectAcl_missing_key', async (bucket) => {
    refused(await bucket.ask('GET', 'missing', { query: { acl: '' } }), 404, 'NoSuchKey');
  }),

  core('PutObjectAcl_canned', async (bucket) => {
    await bucket.fixture('key', 'text');
    ok(await putAcl(bucket, { 'x-amz-acl': 'public-read' }));
    const answer = await aclOf(bucket);
    assert.deepEqual(permissions(answer), ['FULL_CONTROL', 'READ']);
    assert.ok(answer.texts('AccessControlList/Grant/Grantee/URI').includes(ALL_USERS));
    assert.equal(await bucket.text('key'), 'text');
  }),

  core('PutObjectAcl_private_again', async (bucket) => {
    await bucket.fixture('key', 'text');
    ok(await putAcl(bucket, { 'x-amz-acl': 'public-read' }));
    ok(await putAcl(bucket, { 'x-amz-acl': 'private' }));
    assert.deepEqual(permissions(await aclOf(bucket)), ['FULL_CONTROL']);
  }),

  core('PutObjectAcl_grant_header', async (bucket) => {
    await bucket.fixture('key', 'text');
    ok(await putAcl(bucket, { 'x-amz-grant-read': `uri="${ALL_USERS}"` }));
    assert.deepEqual(permissions(await aclOf(bucket)), ['READ']);
  }),

  core('PutObjectAcl_document', async (bucket) => {
    await bucket.fixture('key', 'text');
    const { text } = await aclOf(bucket);
    ok(await bucket.ask('PUT', 'key', { query: { acl: '' }, body: text }));
    assert.deepEqual(permissions(await aclOf(bucket)), ['FULL_CONTROL']);
  }),

  full('PutObjectAcl_malformed_XML', async (bucket) => {
    await bucket.fixture('key', 'text');
    const answer = await bucket.ask('PUT', 'key', { query: { acl: '' }, body: '<AccessControlPolicy' });
    ok(answer, 400);
  }),

  core('PutObjectAcl_missing_key', async (bucket) => {
    const headers = { 'x-amz-acl': 'private' };
    refused(await bucket.ask('PUT', 'missing', { query: { acl: '' }, headers }), 404, 'NoSuchKey');
  }),

  core('PutObject_acl_canned', async (bucket) => {
    ok(await bucket.put('key', 'text', { 'x-amz-acl': 'public-read' }));
    assert.deepEqual(permissions(await aclOf(bucket)), ['FULL_CONTROL', 'READ']);
  }),

  full('PutObject_acl_that_is_none', async (bucket) => {
    refused(await bucket.put('key', 'text', { 'x-amz-acl': 'everybody' }), 400, 'InvalidArgument');
  }),

  core('PutObject_acl_public_read_lets_anyone_read', async (bucket) => {
    ok(await bucket.put('key', 'text', { 'x-amz-acl': 'public-read' }));
    assert.equal(ok(await readAnonymously(bucket)).text, 'text');
  }),

  core('PutObject_acl_private_lets_nobody_read', async (bucket) => {
    ok(await bucket.put('key', 'text', { 'x-amz-acl': 'private' }));
    refused(await readAnonymously(bucket), 403, 'AccessDenied');
  }),

  core('CopyObject_acl', async (bucket) => {
    await bucket.fixture('key', 'text');
    const headers = { 'x-amz-copy-source': bucket.source('key'), 'x-amz-acl': 'public-read' };
    ok(await bucket.ask('PUT', 'copy', { headers }));
    assert.deepEqual(permissions(await aclOf(bucket, 'copy')), ['FULL_CONTROL', 'READ']);
  }),

  core('CreateMultipartUpload_acl', async (bucket) => {
    await bucket.upload('key', ['only'], { 'x-amz-acl': 'public-read' });
    assert.deepEqual(permissions(await aclOf(bucket)), ['FULL_CONTROL', 'READ']);
  }),

  full('PutObjectAcl_leaves_content_and_metadata', async (bucket) => {
    const etag = await bucket.fixture('key', 'text', { 'x-amz-meta-a': 'b' });
    ok(await putAcl(bucket, { 'x-amz-acl': 'public-read' }));
    hasHeaders(ok(await bucket.get('key')), { etag, 'x-amz-meta-a': 'b' });
  }),
];

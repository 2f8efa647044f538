import assert from 'node:assert/strict';
import { hasHeaders, headRefused, ok, refused } from '../checks.js';
import { core, full, type S3Case, smoke, wire } from '../s3-case.js';

/** What is true of every request and answer: AWS, "Common request headers", "Error responses"; RFC 9110. */
export const httpCases: readonly S3Case[] = [
  smoke('Error_document', async (bucket) => {
    const answer = refused(await bucket.get('missing'), 404, 'NoSuchKey');
    assert.ok(answer.value('RequestId'));
    assert.equal(answer.headers['x-amz-request-id'], answer.value('RequestId'));
    assert.equal(answer.headers['content-length'], String(answer.body.length));
  }),

  full('Error_document_message', async (bucket) => {
    assert.ok(refused(await bucket.get('missing'), 404, 'NoSuchKey').value('Message'));
  }),

  full('Error_document_resource', async (bucket) => {
    const answer = refused(await bucket.get('missing'), 404, 'NoSuchKey');
    const named = [answer.value('Resource') ?? '', answer.value('Key') ?? ''].join(' ');
    assert.ok(named.includes('missing'), answer.text);
  }),

  core('Error_names_the_bucket', async (bucket) => {
    const name = bucket.newBucketName();
    const answer = refused(await bucket.http.ask('GET', `/${name}/key`), 404, 'NoSuchBucket');
    assert.equal(answer.value('BucketName'), name);
  }),

  core('Error_of_HEAD_has_no_body', async (bucket) => {
    for (const answer of [await bucket.head('missing'), await bucket.head('', { range: 'bytes=0-' })]) {
      assert.equal(answer.body.length, 0);
    }
  }),

  core('Answer_request_ids_differ', async (bucket) => {
    const [one, two] = [await bucket.head('missing'), await bucket.head('missing')];
    assert.ok(one.headers['x-amz-request-id']);
    assert.notEqual(one.headers['x-amz-request-id'], two.headers['x-amz-request-id']);
  }),

  core('Answer_to_DELETE_has_no_body', async (bucket) => {
    const answer = ok(await bucket.delete('missing'), 204);
    assert.equal(answer.body.length, 0);
  }),

  core('Answer_to_304_has_no_body', async (bucket) => {
    const etag = await bucket.fixture('key', 'text');
    assert.equal(ok(await bucket.get('key', { 'if-none-match': etag }), 304).body.length, 0);
  }),

  wire('Method_that_objects_do_not_have', async (bucket) => {
    await bucket.fixture('key', 'text');
    ok(await bucket.ask('PATCH', 'key'), 405);
    assert.equal(await bucket.text('key'), 'text');
  }),

  wire('Method_POST_of_an_object', async (bucket) => {
    await bucket.fixture('key', 'text');
    const answer = await bucket.ask('POST', 'key', { body: 'other' });
    assert.ok(answer.status >= 400, `status ${answer.status}`);
    assert.equal(await bucket.text('key'), 'text');
  }),

  wire('Expect_100_continue', async (bucket) => {
    ok(await bucket.put('key', 'text', { expect: '100-continue' }));
    assert.equal(await bucket.text('key'), 'text');
  }),

  wire('Expect_100_continue_of_a_refused_request', async (bucket) => {
    const credentials = { ...bucket.http.account, secretAccessKey: 'not the secret' };
    const headers = { expect: '100-continue' };
    const answer = await bucket.ask('PUT', 'key', { body: 'text', headers, credentials });
    refused(answer, 403, 'SignatureDoesNotMatch');
    headRefused(await bucket.head('key'), 404);
  }),

  wire('Path_escaped_badly', async (bucket) => {
    const signed = bucket.http.sign('GET', bucket.path('key'));
    const answer = await bucket.http.send({ ...signed, target: signed.target.replace(/key$/, '%zz') });
    assert.ok(answer.status >= 400 && answer.status < 500, `status ${answer.status}`);
  }),

  wire('Header_that_nobody_knows', async (bucket) => {
    ok(await bucket.put('key', 'text', { 'x-unheard-of': 'value' }));
    hasHeaders(ok(await bucket.head('key')), { 'x-unheard-of': undefined });
  }),

  wire('Preflight_without_rules', async (bucket) => {
    const headers = { origin: 'https://a.example', 'access-control-request-method': 'GET' };
    const answer = await bucket.http.send({ method: 'OPTIONS', target: bucket.path('key'), headers });
    assert.equal(answer.status, 403);
  }),

  core('Copy_of_what_was_just_written', async (bucket) => {
    ok(await bucket.put('from', 'text'));
    ok(await bucket.ask('PUT', 'to', { headers: { 'x-amz-copy-source': bucket.source('from') } }));
    ok(await bucket.delete('from'), 204);
    assert.deepEqual(bucket.names(ok(await bucket.list())), ['to']);
  }),

  core('Read_after_write', async (bucket) => {
    for (const text of ['one', 'two', 'three', 'four', 'five']) {
      ok(await bucket.put('key', text));
      assert.equal(await bucket.text('key'), text);
      assert.equal(ok(await bucket.list()).value('Contents/Size'), String(text.length));
    }
  }),
];

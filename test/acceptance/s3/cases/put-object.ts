import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { base64Md5, etagOf, hasHeaders, headRefused, ok, refused } from '../checks.js';
import { alone, core, full, type S3Case, smoke, wire } from '../s3-case.js';

const MEBIBYTE = 1024 * 1024;

/** AWS, "PutObject". */
export const putObjectCases: readonly S3Case[] = [
  smoke('PutObject_success', async (bucket) => {
    hasHeaders(ok(await bucket.put('key', 'text')), { etag: etagOf('text') });
    assert.equal(await bucket.text('key'), 'text');
  }),

  smoke('PutObject_empty', async (bucket) => {
    hasHeaders(ok(await bucket.put('key', '')), { etag: etagOf('') });
    const answer = ok(await bucket.get('key'));
    hasHeaders(answer, { 'content-length': '0', etag: etagOf('') });
    assert.equal(answer.body.length, 0);
  }),

  smoke('PutObject_overwrite', async (bucket) => {
    await bucket.fixture('key', 'first');
    ok(await bucket.put('key', 'second'));
    assert.equal(await bucket.text('key'), 'second');
    assert.deepEqual(bucket.names(ok(await bucket.list())), ['key']);
  }),

  core('PutObject_overwrite_forgets_metadata', async (bucket) => {
    await bucket.fixture('key', 'first', { 'x-amz-meta-old': '1', 'cache-control': 'no-cache' });
    ok(await bucket.put('key', 'second', { 'x-amz-meta-new': '2' }));
    const head = ok(await bucket.head('key'));
    hasHeaders(head, { 'x-amz-meta-new': '2', 'x-amz-meta-old': undefined, 'cache-control': undefined });
  }),

  core('PutObject_6_mebibytes', async (bucket) => {
    const body = randomBytes(6 * MEBIBYTE);
    hasHeaders(ok(await bucket.put('key', body)), { etag: etagOf(body) });
    assert.ok(ok(await bucket.get('key')).body.equals(body));
  }),

  core('PutObject_content_headers', async (bucket) => {
    const headers = {
      'cache-control': 'max-age=60, private',
      'content-disposition': 'attachment; filename="a b.txt"',
      'content-encoding': 'gzip',
      'content-language': 'de, en',
      'content-type': 'text/plain; charset=utf-8',
      expires: 'Thu, 01 Dec 2033 16:00:00 GMT',
    };
    ok(await bucket.put('key', 'text', headers));
    hasHeaders(ok(await bucket.get('key')), headers);
    hasHeaders(ok(await bucket.head('key')), headers);
  }),

  full('PutObject_expires_that_is_no_date', async (bucket) => {
    ok(await bucket.put('key', 'text', { expires: 'never' }));
    hasHeaders(ok(await bucket.head('key')), { expires: 'never' });
  }),

  core('PutObject_default_content_type', async (bucket) => {
    ok(await bucket.put('key', 'text'));
    hasHeaders(ok(await bucket.head('key')), { 'content-type': 'binary/octet-stream' });
  }),

  core('PutObject_user_metadata', async (bucket) => {
    const metadata = { 'x-amz-meta-color': 'blue', 'x-amz-meta-with-dashes': 'a b  c; d="e"' };
    ok(await bucket.put('key', 'text', metadata));
    hasHeaders(ok(await bucket.head('key')), { 'x-amz-meta-color': 'blue' });
    assert.match(ok(await bucket.get('key')).headers['x-amz-meta-with-dashes'] ?? '', /^a b +c; d="e"$/);
  }),

  full('PutObject_user_metadata_name_in_capitals', async (bucket) => {
    const request = bucket.http.sign('PUT', bucket.path('key'), {
      body: '',
      headers: { 'x-amz-meta-name': 'v' },
    });
    const { 'x-amz-meta-name': value = '', ...headers } = request.headers;
    ok(await bucket.http.send({ ...request, headers: { ...headers, 'X-Amz-Meta-NAME': value } }));
    hasHeaders(ok(await bucket.head('key')), { 'x-amz-meta-name': 'v' });
  }),

  full('PutObject_metadata_of_2_kibibytes', async (bucket) => {
    const headers = { 'x-amz-meta-a': 'v'.repeat(2047) };
    ok(await bucket.put('key', 'text', headers));
    hasHeaders(ok(await bucket.head('key')), headers);
  }),

  full('PutObject_metadata_too_large', async (bucket) => {
    const answer = await bucket.put('key', 'text', { 'x-amz-meta-a': 'v'.repeat(2049) });
    refused(answer, 400, 'MetadataTooLarge');
    headRefused(await bucket.head('key'), 404);
  }),

  core('PutObject_if_none_match', async (bucket) => {
    await bucket.fixture('key', 'first');
    refused(await bucket.put('key', 'second', { 'if-none-match': '*' }), 412, 'PreconditionFailed');
    assert.equal(await bucket.text('key'), 'first');
  }),

  core('PutObject_if_none_match_of_a_new_key', async (bucket) => {
    ok(await bucket.put('key', 'first', { 'if-none-match': '*' }));
    assert.equal(await bucket.text('key'), 'first');
  }),

  core('PutObject_if_none_match_after_a_delete', async (bucket) => {
    await bucket.fixture('key', 'first');
    ok(await bucket.delete('key'), 204);
    ok(await bucket.put('key', 'second', { 'if-none-match': '*' }));
    assert.equal(await bucket.text('key'), 'second');
  }),

  alone(
    core('PutObject_if_match', async (bucket) => {
      const etag = await bucket.fixture('key', 'first');
      ok(await bucket.put('key', 'second', { 'if-match': etag }));
      assert.equal(await bucket.text('key'), 'second');
    }),
  ),

  alone(
    core('PutObject_if_match_of_another_object', async (bucket) => {
      await bucket.fixture('key', 'first');
      refused(await bucket.put('key', 'second', { 'if-match': etagOf('other') }), 412, 'PreconditionFailed');
      assert.equal(await bucket.text('key'), 'first');
    }),
  ),

  alone(
    core('PutObject_if_match_of_a_missing_key', async (bucket) => {
      refused(await bucket.put('key', 'second', { 'if-match': etagOf('other') }), 404, 'NoSuchKey');
      headRefused(await bucket.head('key'), 404);
    }),
  ),

  core('PutObject_content_md5', async (bucket) => {
    ok(await bucket.put('key', 'text', { 'content-md5': base64Md5('text') }));
    assert.equal(await bucket.text('key'), 'text');
  }),

  core('PutObject_content_md5_of_other_bytes', async (bucket) => {
    await bucket.fixture('key', 'first');
    refused(await bucket.put('key', 'text', { 'content-md5': base64Md5('other') }), 400, 'BadDigest');
    assert.equal(await bucket.text('key'), 'first');
  }),

  core('PutObject_content_md5_that_is_none', async (bucket) => {
    refused(await bucket.put('key', 'text', { 'content-md5': 'no digest' }), 400, 'InvalidDigest');
    headRefused(await bucket.head('key'), 404);
  }),

  wire('PutObject_payload_hash_of_other_bytes', async (bucket) => {
    const payloadHash = '0'.repeat(64);
    const answer = await bucket.ask('PUT', 'key', { body: 'text', payloadHash });
    refused(answer, 400, 'XAmzContentSHA256Mismatch');
    headRefused(await bucket.head('key'), 404);
  }),

  wire('PutObject_unsigned_payload', async (bucket) => {
    ok(await bucket.ask('PUT', 'key', { body: 'text', payloadHash: 'UNSIGNED-PAYLOAD' }));
    assert.equal(await bucket.text('key'), 'text');
  }),

  wire('PutObject_without_length', async (bucket) => {
    const signed = bucket.http.sign('PUT', bucket.path('key'), { body: 'text' });
    const headers = { ...signed.headers, 'transfer-encoding': 'chunked' };
    refused(await bucket.http.send({ ...signed, headers, chunked: true }), 411, 'MissingContentLength');
  }),

  core('PutObject_missing_bucket', async (bucket) => {
    const answer = await bucket.http.ask('PUT', `/${bucket.newBucketName()}/key`, { body: 'text' });
    refused(answer, 404, 'NoSuchBucket');
  }),

  core('PutObject_tags', async (bucket) => {
    ok(await bucket.put('key', 'text', { 'x-amz-tagging': 'color=blue&size=x%20l' }));
    const answer = ok(await bucket.ask('GET', 'key', { query: { tagging: '' } }));
    assert.deepEqual(answer.texts('TagSet/Tag/Key').sort(), ['color', 'size']);
    assert.deepEqual(answer.texts('TagSet/Tag/Value').sort(), ['blue', 'x l']);
    hasHeaders(ok(await bucket.get('key')), { 'x-amz-tagging-count': '2' });
  }),

  full('PutObject_more_than_ten_tags', async (bucket) => {
    const tags = Array.from({ length: 11 }, (_, index) => `tag${index}=value`).join('&');
    ok(await bucket.put('key', 'text', { 'x-amz-tagging': tags }), 400);
    headRefused(await bucket.head('key'), 404);
  }),

  full('PutObject_storage_class', async (bucket) => {
    ok(await bucket.put('key', 'text', { 'x-amz-storage-class': 'STANDARD' }));
    assert.equal(ok(await bucket.list()).value('Contents/StorageClass'), 'STANDARD');
  }),

  full('PutObject_storage_class_that_is_none', async (bucket) => {
    const answer = await bucket.put('key', 'text', { 'x-amz-storage-class': 'COSY' });
    refused(answer, 400, 'InvalidStorageClass');
    headRefused(await bucket.head('key'), 404);
  }),

  full('PutObject_website_redirect', async (bucket) => {
    const headers = { 'x-amz-website-redirect-location': '/elsewhere' };
    ok(await bucket.put('key', 'text', headers));
    hasHeaders(ok(await bucket.head('key')), headers);
  }),

  full('PutObject_of_a_folder_with_content', async (bucket) => {
    ok(await bucket.put('folder/', 'text'));
    ok(await bucket.put('folder/file', 'inside'));
    assert.equal(await bucket.text('folder/'), 'text');
    assert.equal(await bucket.text('folder/file'), 'inside');
  }),

  full('PutObject_below_another_object', async (bucket) => {
    await bucket.fixture('a');
    ok(await bucket.put('a/b', 'below'));
    assert.equal(await bucket.text('a'), 'a');
    assert.equal(await bucket.text('a/b'), 'below');
    assert.deepEqual(bucket.names(ok(await bucket.list())), ['a', 'a/b']);
  }),

  full('PutObject_many_at_once', async (bucket) => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => bucket.put('key', `body ${index}`)),
    );
    for (const answer of answers) ok(answer);
    assert.match(await bucket.text('key'), /^body [0-7]$/);
  }),
];

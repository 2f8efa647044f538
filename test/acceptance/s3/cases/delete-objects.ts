import assert from 'node:assert/strict';
import type { Answer } from '../answer.js';
import { base64Md5, ok, refused } from '../checks.js';
import { core, full, type S3Case, smoke } from '../s3-case.js';
import type { TestBucket } from '../test-bucket.js';

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const documentOf = (keys: readonly string[], more = ''): string =>
  `<Delete>${more}${keys.map((key) => `<Object><Key>${escaped(key)}</Key></Object>`).join('')}</Delete>`;

function ask(bucket: TestBucket, body: string, headers = {}): Promise<Answer> {
  const query = { delete: '' };
  return bucket.askBucket('POST', { query, body, headers: { 'content-md5': base64Md5(body), ...headers } });
}

const keysOf = (bucket: TestBucket, names: readonly string[]): string[] =>
  names.map((name) => bucket.key(name));

/** AWS, "DeleteObjects". */
export const deleteObjectsCases: readonly S3Case[] = [
  smoke('DeleteObjects_success', async (bucket) => {
    await bucket.fixtures('a', 'b', 'c');
    const answer = ok(await ask(bucket, documentOf(keysOf(bucket, ['a', 'b']))));
    assert.equal(answer.root.name, 'DeleteResult');
    assert.deepEqual(bucket.names(answer, 'Deleted/Key').sort(), ['a', 'b']);
    assert.deepEqual(bucket.names(ok(await bucket.list())), ['c']);
    refused(await bucket.get('a'), 404, 'NoSuchKey');
    assert.equal(await bucket.text('c'), 'c');
  }),

  core('DeleteObjects_quiet', async (bucket) => {
    await bucket.fixtures('a', 'b');
    const answer = ok(await ask(bucket, documentOf(keysOf(bucket, ['a', 'b']), '<Quiet>true</Quiet>')));
    assert.deepEqual([answer.texts('Deleted'), answer.texts('Error')], [[], []]);
    assert.deepEqual(bucket.names(ok(await bucket.list())), []);
  }),

  core('DeleteObjects_not_quiet', async (bucket) => {
    await bucket.fixture('a');
    const answer = ok(await ask(bucket, documentOf(keysOf(bucket, ['a']), '<Quiet>false</Quiet>')));
    assert.deepEqual(bucket.names(answer, 'Deleted/Key'), ['a']);
  }),

  core('DeleteObjects_missing_keys', async (bucket) => {
    await bucket.fixture('a');
    const answer = ok(await ask(bucket, documentOf(keysOf(bucket, ['a', 'missing']))));
    assert.deepEqual(bucket.names(answer, 'Deleted/Key').sort(), ['a', 'missing']);
    assert.deepEqual(answer.texts('Error'), []);
  }),

  core('DeleteObjects_one_key_twice', async (bucket) => {
    await bucket.fixture('a');
    const answer = ok(await ask(bucket, documentOf(keysOf(bucket, ['a', 'a']))));
    assert.deepEqual(answer.texts('Error'), []);
    refused(await bucket.get('a'), 404, 'NoSuchKey');
  }),

  core('DeleteObjects_odd_keys', async (bucket) => {
    const names = ['a b', 'ü+%41', 'x&y<z', "quote'", 'a/../b', '🏖️'];
    await bucket.fixtures(...names);
    const answer = ok(await ask(bucket, documentOf(keysOf(bucket, names))));
    assert.deepEqual(bucket.names(answer, 'Deleted/Key').sort(), [...names].sort());
    assert.deepEqual(bucket.names(ok(await bucket.list())), []);
  }),

  full('DeleteObjects_1000_keys', async (bucket) => {
    const names = Array.from({ length: 1000 }, (_, index) => `missing ${index}`);
    await bucket.fixtures('missing 7', 'missing 999', 'other');
    const answer = ok(await ask(bucket, documentOf(keysOf(bucket, names))));
    assert.equal(answer.texts('Deleted/Key').length, 1000);
    assert.deepEqual(bucket.names(ok(await bucket.list())), ['other']);
  }),

  full('DeleteObjects_1001_keys', async (bucket) => {
    const names = Array.from({ length: 1001 }, (_, index) => `missing ${index}`);
    await bucket.fixture('missing 7');
    refused(await ask(bucket, documentOf(keysOf(bucket, names))), 400, 'MalformedXML');
    assert.equal(await bucket.text('missing 7'), 'missing 7');
  }),

  core('DeleteObjects_malformed_XML', async (bucket) => {
    refused(await ask(bucket, '<Delete><Object>'), 400, 'MalformedXML');
  }),

  full('DeleteObjects_another_document', async (bucket) => {
    refused(await ask(bucket, '<Tagging/>'), 400, 'MalformedXML');
  }),

  full('DeleteObjects_no_objects', async (bucket) => {
    refused(await ask(bucket, '<Delete></Delete>'), 400, 'MalformedXML');
  }),

  full('DeleteObjects_empty_body', async (bucket) => {
    const answer = await ask(bucket, '');
    assert.equal(answer.status, 400);
  }),

  core('DeleteObjects_content_md5_of_another_document', async (bucket) => {
    await bucket.fixture('a');
    const headers = { 'content-md5': base64Md5('other') };
    refused(await ask(bucket, documentOf(keysOf(bucket, ['a'])), headers), 400, 'BadDigest');
    assert.equal(await bucket.text('a'), 'a');
  }),

  core('DeleteObjects_with_a_namespace', async (bucket) => {
    await bucket.fixture('a');
    const namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
    const body = documentOf(keysOf(bucket, ['a'])).replace('<Delete>', `<Delete ${namespace}>`);
    ok(await ask(bucket, `<?xml version="1.0" encoding="UTF-8"?>\n${body}`));
    refused(await bucket.get('a'), 404, 'NoSuchKey');
  }),

  core('DeleteObjects_missing_bucket', async (bucket) => {
    const body = documentOf(['a']);
    const asked = { query: { delete: '' }, body, headers: { 'content-md5': base64Md5(body) } };
    refused(await bucket.http.ask('POST', `/${bucket.newBucketName()}`, asked), 404, 'NoSuchBucket');
  }),

  full('DeleteObjects_null_version_without_versioning', async (bucket) => {
    await bucket.fixture('a');
    const body = `<Delete><Object><Key>${bucket.key('a')}</Key><VersionId>null</VersionId></Object></Delete>`;
    const answer = ok(await ask(bucket, body));
    assert.deepEqual(answer.texts('Error'), []);
    refused(await bucket.get('a'), 404, 'NoSuchKey');
  }),

  core('DeleteObjects_then_write_again', async (bucket) => {
    await bucket.fixture('a', 'first');
    ok(await ask(bucket, documentOf(keysOf(bucket, ['a']))));
    ok(await bucket.put('a', 'second'));
    assert.equal(await bucket.text('a'), 'second');
  }),
];

import assert from 'node:assert/strict';
import { ok, refused } from '../checks.js';
import { core, full, type S3Case, smoke } from '../s3-case.js';

/** AWS, "DeleteObject". */
export const deleteObjectCases: readonly S3Case[] = [
  smoke('DeleteObject_success', async (bucket) => {
    await bucket.fixture('key');
    assert.equal(ok(await bucket.delete('key'), 204).body.length, 0);
    refused(await bucket.get('key'), 404, 'NoSuchKey');
    assert.deepEqual(bucket.names(ok(await bucket.list())), []);
  }),

  core('DeleteObject_missing_key', async (bucket) => {
    ok(await bucket.delete('missing'), 204);
  }),

  core('DeleteObject_missing_bucket', async (bucket) => {
    refused(await bucket.http.ask('DELETE', `/${bucket.newBucketName()}/key`), 404, 'NoSuchBucket');
  }),

  core('DeleteObject_twice', async (bucket) => {
    await bucket.fixture('key');
    ok(await bucket.delete('key'), 204);
    ok(await bucket.delete('key'), 204);
    refused(await bucket.get('key'), 404, 'NoSuchKey');
  }),

  core('DeleteObject_after_it_was_read', async (bucket) => {
    await bucket.fixture('key', 'text');
    assert.equal(await bucket.text('key'), 'text');
    ok(await bucket.delete('key'), 204);
    refused(await bucket.get('key'), 404, 'NoSuchKey');
  }),

  core('DeleteObject_then_write_again', async (bucket) => {
    await bucket.fixture('key', 'first');
    ok(await bucket.delete('key'), 204);
    ok(await bucket.put('key', 'second'));
    assert.equal(await bucket.text('key'), 'second');
    assert.deepEqual(bucket.names(ok(await bucket.list())), ['key']);
  }),

  core('DeleteObject_leaves_what_is_below', async (bucket) => {
    await bucket.fixtures('a', 'a/', 'a/b');
    ok(await bucket.delete('a/'), 204);
    assert.deepEqual(bucket.names(ok(await bucket.list())), ['a', 'a/b']);
    ok(await bucket.delete('a'), 204);
    assert.equal(await bucket.text('a/b'), 'a/b');
  }),

  core('DeleteObject_forgets_metadata_and_tags', async (bucket) => {
    await bucket.fixture('key', 'first', { 'x-amz-meta-a': 'b', 'x-amz-tagging': 'c=d' });
    ok(await bucket.delete('key'), 204);
    ok(await bucket.put('key', 'second'));
    const { headers } = ok(await bucket.head('key'));
    assert.deepEqual([headers['x-amz-meta-a'], headers['x-amz-tagging-count']], [undefined, undefined]);
  }),

  full('DeleteObject_many_at_once', async (bucket) => {
    await bucket.fixture('key');
    const answers = await Promise.all(Array.from({ length: 6 }, () => bucket.delete('key')));
    for (const answer of answers) ok(answer, 204);
    refused(await bucket.get('key'), 404, 'NoSuchKey');
  }),

  full('DeleteObject_null_version_without_versioning', async (bucket) => {
    await bucket.fixture('key');
    ok(await bucket.delete('key', { versionId: 'null' }), 204);
    refused(await bucket.get('key'), 404, 'NoSuchKey');
    assert.deepEqual(bucket.names(ok(await bucket.list())), []);
  }),
];

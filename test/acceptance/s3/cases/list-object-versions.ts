import assert from 'node:assert/strict';
import { etagOf, ok, refused } from '../checks.js';
import { alone, core, full, type S3Case } from '../s3-case.js';

const TREE = ['a', 'b/1', 'b/2', 'c'];

/** AWS, "ListObjectVersions", of a bucket without versioning; with it: versioning.ts. */
export const listObjectVersionsCases: readonly S3Case[] = [
  core('ListObjectVersions_without_versioning', async (bucket) => {
    await bucket.fixture('key', 'text');
    const answer = ok(await bucket.listVersions());
    assert.equal(answer.root.name, 'ListVersionsResult');
    assert.deepEqual(bucket.names(answer, 'Version/Key'), ['key']);
    assert.equal(answer.value('Version/VersionId'), 'null');
    assert.equal(answer.value('Version/IsLatest'), 'true');
    assert.equal(answer.value('Version/ETag'), etagOf('text'));
    assert.equal(answer.value('Version/Size'), '4');
    assert.deepEqual(answer.texts('DeleteMarker'), []);
  }),

  alone(
    core('ListObjectVersions_whole_bucket', async (bucket) => {
      await bucket.fixtures(...TREE);
      assert.deepEqual(ok(await bucket.listVersions()).texts('Version/Key'), TREE);
    }),
  ),

  core('ListObjectVersions_prefix', async (bucket) => {
    await bucket.fixtures(...TREE);
    assert.deepEqual(bucket.names(ok(await bucket.listVersions({ prefix: 'b/' })), 'Version/Key'), [
      'b/1',
      'b/2',
    ]);
  }),

  core('ListObjectVersions_delimiter', async (bucket) => {
    await bucket.fixtures(...TREE);
    const answer = ok(await bucket.listVersions({ delimiter: '/' }));
    assert.deepEqual(bucket.names(answer, 'Version/Key'), ['a', 'c']);
    assert.deepEqual(bucket.names(answer, 'CommonPrefixes/Prefix'), ['b/']);
  }),

  core('ListObjectVersions_key_marker', async (bucket) => {
    await bucket.fixtures(...TREE);
    const answer = ok(await bucket.listVersions({ 'key-marker': 'b/1' }));
    assert.deepEqual(bucket.names(answer, 'Version/Key'), ['b/2', 'c']);
  }),

  core('ListObjectVersions_pages', async (bucket) => {
    await bucket.fixtures(...TREE);
    const seen: string[][] = [];
    let more: Record<string, string> = {};
    for (let isMore = true; isMore; ) {
      const answer = ok(await bucket.listVersions({ 'max-keys': '3', ...more }));
      seen.push(bucket.names(answer, 'Version/Key'));
      isMore = answer.value('IsTruncated') === 'true';
      const version = answer.value('NextVersionIdMarker');
      more = {
        'key-marker': bucket.nameOf(answer.value('NextKeyMarker')),
        ...(version && { 'version-id-marker': version }),
      };
      assert.ok(seen.length < 10, 'a listing that does not end');
    }
    assert.deepEqual(seen, [TREE.slice(0, 3), TREE.slice(3)]);
  }),

  core('ListObjectVersions_after_a_delete', async (bucket) => {
    await bucket.fixtures(...TREE);
    ok(await bucket.delete('c'), 204);
    const answer = ok(await bucket.listVersions());
    assert.deepEqual(bucket.names(answer, 'Version/Key'), ['a', 'b/1', 'b/2']);
    assert.deepEqual(answer.texts('DeleteMarker/Key'), []);
  }),

  core('ListObjectVersions_after_an_overwrite', async (bucket) => {
    await bucket.fixtures('a');
    ok(await bucket.put('a', 'longer'));
    const answer = ok(await bucket.listVersions());
    assert.deepEqual(answer.texts('Version/Size'), ['6']);
  }),

  full('ListObjectVersions_max_keys_0', async (bucket) => {
    await bucket.fixtures('a');
    const answer = ok(await bucket.listVersions({ 'max-keys': '0' }));
    assert.deepEqual([answer.texts('Version/Key'), answer.value('IsTruncated')], [[], 'false']);
  }),

  full('ListObjectVersions_encoding_type_url', async (bucket) => {
    await bucket.fixtures('a b', 'ü');
    const keys = ok(await bucket.listVersions({ 'encoding-type': 'url' })).texts('Version/Key');
    const names = keys.map((key) => bucket.nameOf(decodeURIComponent(key.replaceAll('+', ' '))));
    assert.deepEqual(names, ['a b', 'ü']);
  }),

  full('ListObjectVersions_version_marker_without_a_key_marker', async (bucket) => {
    refused(await bucket.listVersions({ 'version-id-marker': 'null' }), 400, 'InvalidArgument');
  }),

  core('ListObjectVersions_missing_bucket', async (bucket) => {
    const answer = await bucket.http.ask('GET', `/${bucket.newBucketName()}`, { query: { versions: '' } });
    refused(answer, 404, 'NoSuchBucket');
  }),
];

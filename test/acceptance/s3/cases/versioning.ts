import assert from 'node:assert/strict';
import { base64Md5, hasHeaders, headRefused, ok, refused } from '../checks.js';
import { alone, type caseOf, core, full, type S3Case } from '../s3-case.js';
import type { TestBucket } from '../test-bucket.js';

async function setVersioning(bucket: TestBucket, status: 'Enabled' | 'Suspended'): Promise<void> {
  const body = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`;
  ok(await bucket.askBucket('PUT', { query: { versioning: '' }, body }));
}

/** Writes an object; returns its version. */
async function written(bucket: TestBucket, body: string, name = 'key'): Promise<string> {
  return ok(await bucket.put(name, body)).headers['x-amz-version-id'] ?? '';
}

const versionOf = (bucket: TestBucket, versionId: string, method = 'GET') =>
  bucket.ask(method, 'key', { query: { versionId } });

/** A case in a bucket with versioning. */
function versioned(
  one: ReturnType<typeof caseOf>,
  name: string,
  run: (bucket: TestBucket) => Promise<void>,
): S3Case {
  return alone(
    one(name, async (bucket) => {
      await setVersioning(bucket, 'Enabled');
      await run(bucket);
    }),
  );
}

/** AWS, "Using versioning in S3 buckets". */
export const versioningCases: readonly S3Case[] = [
  alone(
    core('GetBucketVersioning_never_enabled', async (bucket) => {
      const answer = ok(await bucket.askBucket('GET', { query: { versioning: '' } }));
      assert.deepEqual(answer.texts('Status'), []);
    }),
  ),

  versioned(core, 'PutBucketVersioning_enabled', async (bucket) => {
    assert.equal(ok(await bucket.askBucket('GET', { query: { versioning: '' } })).value('Status'), 'Enabled');
  }),

  versioned(core, 'PutBucketVersioning_suspended', async (bucket) => {
    await setVersioning(bucket, 'Suspended');
    assert.equal(
      ok(await bucket.askBucket('GET', { query: { versioning: '' } })).value('Status'),
      'Suspended',
    );
    ok(await bucket.put('key', 'text'));
    assert.equal(ok(await bucket.listVersions()).value('Version/VersionId'), 'null');
  }),

  alone(
    full('PutBucketVersioning_malformed_XML', async (bucket) => {
      const answer = await bucket.askBucket('PUT', { query: { versioning: '' }, body: '<Versioning' });
      refused(answer, 400, 'MalformedXML');
    }),
  ),

  versioned(core, 'PutObject_of_versions', async (bucket) => {
    const [first, second] = [await written(bucket, 'first'), await written(bucket, 'second')];
    assert.ok(first && second && first !== second);
    assert.equal(await bucket.text('key'), 'second');
    assert.equal(ok(await versionOf(bucket, first)).text, 'first');
    assert.equal(ok(await versionOf(bucket, second)).text, 'second');
    hasHeaders(ok(await bucket.get('key')), { 'x-amz-version-id': second });
    hasHeaders(ok(await versionOf(bucket, first, 'HEAD')), {
      'x-amz-version-id': first,
      'content-length': '5',
    });
  }),

  versioned(core, 'GetObject_missing_version', async (bucket) => {
    const [version] = [await written(bucket, 'first')];
    ok(await bucket.delete('key', { versionId: version }), 204);
    await written(bucket, 'second');
    refused(await versionOf(bucket, version), 404, 'NoSuchVersion');
  }),

  versioned(core, 'DeleteObject_leaves_a_marker', async (bucket) => {
    const version = await written(bucket, 'text');
    const answer = ok(await bucket.delete('key'), 204);
    hasHeaders(answer, { 'x-amz-delete-marker': 'true' });
    assert.ok(answer.headers['x-amz-version-id']);
    refused(await bucket.get('key'), 404, 'NoSuchKey');
    assert.equal(ok(await versionOf(bucket, version)).text, 'text');
    assert.deepEqual(bucket.names(ok(await bucket.list())), []);
  }),

  versioned(full, 'GetObject_tells_of_a_delete_marker', async (bucket) => {
    await written(bucket, 'text');
    ok(await bucket.delete('key'), 204);
    hasHeaders(ok(await bucket.get('key'), 404), { 'x-amz-delete-marker': 'true' });
  }),

  versioned(core, 'DeleteObject_of_a_marker_brings_the_object_back', async (bucket) => {
    await written(bucket, 'text');
    const marker = ok(await bucket.delete('key'), 204).headers['x-amz-version-id'] ?? '';
    const answer = ok(await bucket.delete('key', { versionId: marker }), 204);
    hasHeaders(answer, { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker });
    assert.equal(await bucket.text('key'), 'text');
  }),

  versioned(core, 'DeleteObject_of_the_last_version', async (bucket) => {
    const version = await written(bucket, 'text');
    ok(await bucket.delete('key', { versionId: version }), 204);
    refused(await bucket.get('key'), 404, 'NoSuchKey');
    assert.deepEqual(ok(await bucket.listVersions()).texts('Version/Key'), []);
  }),

  versioned(core, 'DeleteObject_of_the_newest_version', async (bucket) => {
    await written(bucket, 'first');
    const newest = await written(bucket, 'second');
    ok(await bucket.delete('key', { versionId: newest }), 204);
    assert.equal(await bucket.text('key'), 'first');
  }),

  versioned(core, 'GetObject_of_a_marker_is_refused', async (bucket) => {
    await written(bucket, 'text');
    const marker = ok(await bucket.delete('key'), 204).headers['x-amz-version-id'] ?? '';
    refused(await versionOf(bucket, marker), 405, 'MethodNotAllowed');
    headRefused(await versionOf(bucket, marker, 'HEAD'), 405);
  }),

  versioned(core, 'ListObjectVersions_of_versions_and_markers', async (bucket) => {
    const [first, second] = [await written(bucket, 'first'), await written(bucket, 'second')];
    const marker = ok(await bucket.delete('key'), 204).headers['x-amz-version-id'] ?? '';
    const other = await written(bucket, 'other', 'other');
    const answer = ok(await bucket.listVersions());
    assert.deepEqual(answer.texts('Version/VersionId'), [second, first, other]);
    assert.deepEqual(answer.texts('Version/IsLatest'), ['false', 'false', 'true']);
    assert.deepEqual(answer.texts('DeleteMarker/VersionId'), [marker]);
    assert.deepEqual(answer.texts('DeleteMarker/IsLatest'), ['true']);
  }),

  versioned(core, 'ListObjectVersions_pages_inside_of_a_key', async (bucket) => {
    const versions: string[] = [];
    for (const body of ['1', '2', '3']) versions.unshift(await written(bucket, body));
    const first = ok(await bucket.listVersions({ 'max-keys': '2' }));
    assert.deepEqual(first.texts('Version/VersionId'), versions.slice(0, 2));
    assert.equal(first.value('IsTruncated'), 'true');
    const rest = ok(
      await bucket.listVersions({
        'key-marker': first.value('NextKeyMarker') ?? '',
        'version-id-marker': first.value('NextVersionIdMarker') ?? '',
      }),
    );
    assert.deepEqual(rest.texts('Version/VersionId'), versions.slice(2));
  }),

  versioned(core, 'ListObjectVersions_of_an_older_object', async (bucket) => {
    await bucket.fixture('old', 'text');
    const answer = ok(await bucket.listVersions());
    assert.deepEqual(answer.texts('Version/Key'), ['old']);
    assert.deepEqual(answer.texts('Version/IsLatest'), ['true']);
  }),

  versioned(core, 'DeleteObjects_of_versions', async (bucket) => {
    const [first] = [await written(bucket, 'first')];
    await written(bucket, 'second');
    const body = `<Delete><Object><Key>key</Key><VersionId>${first}</VersionId></Object></Delete>`;
    const asked = { query: { delete: '' }, body, headers: { 'content-md5': base64Md5(body) } };
    const answer = ok(await bucket.askBucket('POST', asked));
    assert.deepEqual(answer.texts('Deleted/VersionId'), [first]);
    assert.equal(await bucket.text('key'), 'second');
    assert.equal(ok(await bucket.listVersions()).texts('Version/Key').length, 1);
  }),

  versioned(core, 'DeleteObjects_leaves_markers', async (bucket) => {
    await written(bucket, 'text');
    const body = '<Delete><Object><Key>key</Key></Object></Delete>';
    const asked = { query: { delete: '' }, body, headers: { 'content-md5': base64Md5(body) } };
    const answer = ok(await bucket.askBucket('POST', asked));
    assert.equal(answer.value('Deleted/DeleteMarker'), 'true');
    assert.ok(answer.value('Deleted/DeleteMarkerVersionId'));
    refused(await bucket.get('key'), 404, 'NoSuchKey');
  }),

  versioned(core, 'CopyObject_of_a_version', async (bucket) => {
    const first = await written(bucket, 'first');
    await written(bucket, 'second');
    const headers = { 'x-amz-copy-source': `${bucket.source('key')}?versionId=${first}` };
    ok(await bucket.ask('PUT', 'copy', { headers }));
    assert.equal(await bucket.text('copy'), 'first');
  }),

  versioned(full, 'CopyObject_answers_the_version_of_its_source', async (bucket) => {
    const version = await written(bucket, 'text');
    const headers = { 'x-amz-copy-source': bucket.source('key') };
    const answer = ok(await bucket.ask('PUT', 'copy', { headers }));
    hasHeaders(answer, { 'x-amz-copy-source-version-id': version });
  }),

  versioned(core, 'CompleteMultipartUpload_answers_the_version', async (bucket) => {
    const answer = await bucket.upload('key', ['only']);
    const version = answer.headers['x-amz-version-id'];
    assert.ok(version);
    hasHeaders(ok(await bucket.head('key')), { 'x-amz-version-id': version });
  }),

  versioned(core, 'PutObjectTagging_of_a_version', async (bucket) => {
    const first = await written(bucket, 'first');
    await written(bucket, 'second');
    const body = '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>';
    const headers = { 'content-md5': base64Md5(body) };
    ok(await bucket.ask('PUT', 'key', { query: { tagging: '', versionId: first }, body, headers }));
    const tags = async (query: Record<string, string>) =>
      ok(await bucket.ask('GET', 'key', { query: { tagging: '', ...query } })).texts('TagSet/Tag/Key');
    assert.deepEqual([await tags({ versionId: first }), await tags({})], [['a'], []]);
  }),

  versioned(core, 'DeleteObject_of_an_older_object_leaves_a_marker', async (bucket) => {
    await bucket.fixture('key', 'text');
    ok(await bucket.delete('key'), 204);
    refused(await bucket.get('key'), 404, 'NoSuchKey');
    assert.deepEqual(bucket.names(ok(await bucket.list())), []);
  }),

  versioned(core, 'PutObject_if_none_match_after_a_marker', async (bucket) => {
    await written(bucket, 'first');
    ok(await bucket.delete('key'), 204);
    ok(await bucket.put('key', 'second', { 'if-none-match': '*' }));
    assert.equal(await bucket.text('key'), 'second');
  }),
];

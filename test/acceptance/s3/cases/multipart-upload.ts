import assert from 'node:assert/strict';
import { etagOf, hasHeaders, headRefused, md5, ok, refused } from '../checks.js';
import { core, full, type S3Case, smoke } from '../s3-case.js';

const LARGE = Buffer.alloc(5 * 1024 * 1024, 'abcdefgh');
const UNKNOWN_UPLOAD = '2~0000000000000000000000000000000';

/** The ETag of an object in parts: the hash of the hashes, and their count. */
const etagOfParts = (...parts: readonly (Buffer | string)[]): string =>
  `"${md5(Buffer.concat(parts.map(md5))).toString('hex')}-${parts.length}"`;

/** AWS, "CreateMultipartUpload", "CompleteMultipartUpload", "AbortMultipartUpload". */
export const multipartUploadCases: readonly S3Case[] = [
  smoke('CompleteMultipartUpload_success', async (bucket) => {
    const answer = await bucket.upload('key', [LARGE, 'last']);
    assert.equal(answer.root.name, 'CompleteMultipartUploadResult');
    assert.equal(bucket.nameOf(answer.value('Key')), 'key');
    assert.equal(answer.value('Bucket'), bucket.name);
    const read = ok(await bucket.get('key'));
    assert.ok(read.body.equals(Buffer.concat([LARGE, Buffer.from('last')])));
    hasHeaders(read, { etag: etagOfParts(LARGE, 'last') });
  }),

  full('CompleteMultipartUpload_answers_the_etag', async (bucket) => {
    const answer = await bucket.upload('key', ['only']);
    assert.equal(answer.value('ETag'), etagOfParts('only'));
  }),

  full('CompleteMultipartUpload_answers_the_location', async (bucket) => {
    const location = (await bucket.upload('key', ['only'])).value('Location') ?? '';
    assert.ok(location.startsWith(bucket.http.account.endpoint), location);
    assert.ok(location.includes(bucket.name), location);
  }),

  core('CreateMultipartUpload_success', async (bucket) => {
    const answer = ok(await bucket.ask('POST', 'key', { query: { uploads: '' } }));
    assert.equal(answer.root.name, 'InitiateMultipartUploadResult');
    assert.equal(answer.value('Bucket'), bucket.name);
    assert.equal(bucket.nameOf(answer.value('Key')), 'key');
    assert.ok(answer.value('UploadId'));
    headRefused(await bucket.head('key'), 404);
  }),

  core('CreateMultipartUpload_metadata', async (bucket) => {
    const headers = { 'content-type': 'text/css', 'cache-control': 'no-cache', 'x-amz-meta-a': 'b' };
    await bucket.upload('key', ['only'], headers);
    hasHeaders(ok(await bucket.head('key')), headers);
  }),

  core('CreateMultipartUpload_tags', async (bucket) => {
    await bucket.upload('key', ['only'], { 'x-amz-tagging': 'color=blue' });
    const answer = ok(await bucket.ask('GET', 'key', { query: { tagging: '' } }));
    assert.deepEqual(answer.texts('TagSet/Tag/Key'), ['color']);
  }),

  core('CreateMultipartUpload_missing_bucket', async (bucket) => {
    const answer = await bucket.http.ask('POST', `/${bucket.newBucketName()}/key`, {
      query: { uploads: '' },
    });
    refused(answer, 404, 'NoSuchBucket');
  }),

  core('CreateMultipartUpload_twice_for_one_key', async (bucket) => {
    const [one, two] = [await bucket.begin('key'), await bucket.begin('key')];
    assert.notEqual(one, two);
    const [first, second] = [
      await bucket.part('key', one, 1, 'one'),
      await bucket.part('key', two, 1, 'two'),
    ];
    ok(await bucket.complete('key', two, [second]));
    assert.equal(await bucket.text('key'), 'two');
    ok(await bucket.complete('key', one, [first]));
    assert.equal(await bucket.text('key'), 'one');
  }),

  core('CreateMultipartUpload_odd_keys', async (bucket) => {
    for (const name of ['a b', 'ü/🏖️', 'a+b%', 'a/../b', 'a&b<c']) {
      const answer = await bucket.upload(name, ['only']);
      assert.equal(bucket.nameOf(answer.value('Key')), name);
      assert.equal(await bucket.text(name), 'only');
    }
  }),

  core('CompleteMultipartUpload_over_an_object', async (bucket) => {
    await bucket.fixture('key', 'old', { 'x-amz-meta-old': '1' });
    await bucket.upload('key', ['new']);
    const answer = ok(await bucket.get('key'));
    assert.equal(answer.text, 'new');
    hasHeaders(answer, { 'x-amz-meta-old': undefined, etag: etagOfParts('new') });
    assert.deepEqual(bucket.names(ok(await bucket.list())), ['key']);
  }),

  core('CompleteMultipartUpload_part_numbers_with_gaps', async (bucket) => {
    const id = await bucket.begin('key');
    const last = await bucket.part('key', id, 10_000, 'last');
    const first = await bucket.part('key', id, 7, LARGE);
    ok(await bucket.complete('key', id, [first, last]));
    const { body } = ok(await bucket.get('key'));
    assert.ok(body.equals(Buffer.concat([LARGE, Buffer.from('last')])));
  }),

  full('CompleteMultipartUpload_some_of_the_parts', async (bucket) => {
    const id = await bucket.begin('key');
    const first = await bucket.part('key', id, 1, 'first');
    await bucket.part('key', id, 2, 'second');
    ok(await bucket.complete('key', id, [first]));
    assert.equal(await bucket.text('key'), 'first');
  }),

  core('CompleteMultipartUpload_etags_without_quotes', async (bucket) => {
    const id = await bucket.begin('key');
    const [number, etag] = await bucket.part('key', id, 1, 'only');
    ok(await bucket.complete('key', id, [[number, etag.replaceAll('"', '')]]));
    assert.equal(await bucket.text('key'), 'only');
  }),

  core('CompleteMultipartUpload_wrong_etag', async (bucket) => {
    const id = await bucket.begin('key');
    await bucket.part('key', id, 1, 'only');
    refused(await bucket.complete('key', id, [[1, etagOf('other')]]), 400, 'InvalidPart');
    headRefused(await bucket.head('key'), 404);
  }),

  core('CompleteMultipartUpload_missing_part', async (bucket) => {
    const id = await bucket.begin('key');
    const first = await bucket.part('key', id, 1, LARGE);
    refused(await bucket.complete('key', id, [first, [2, etagOf('second')]]), 400, 'InvalidPart');
    headRefused(await bucket.head('key'), 404);
  }),

  full('CompleteMultipartUpload_parts_out_of_order', async (bucket) => {
    const id = await bucket.begin('key');
    const first = await bucket.part('key', id, 1, LARGE);
    const second = await bucket.part('key', id, 2, 'last');
    refused(await bucket.complete('key', id, [second, first]), 400, 'InvalidPartOrder');
    headRefused(await bucket.head('key'), 404);
  }),

  core('CompleteMultipartUpload_small_part', async (bucket) => {
    const id = await bucket.begin('key');
    const first = await bucket.part('key', id, 1, 'small');
    const second = await bucket.part('key', id, 2, 'last');
    refused(await bucket.complete('key', id, [first, second]), 400, 'EntityTooSmall');
    headRefused(await bucket.head('key'), 404);
  }),

  core('CompleteMultipartUpload_can_be_corrected', async (bucket) => {
    const id = await bucket.begin('key');
    const part = await bucket.part('key', id, 1, 'only');
    refused(await bucket.complete('key', id, [[1, etagOf('other')]]), 400, 'InvalidPart');
    ok(await bucket.complete('key', id, [part]));
    assert.equal(await bucket.text('key'), 'only');
  }),

  core('CompleteMultipartUpload_malformed_XML', async (bucket) => {
    const id = await bucket.begin('key');
    await bucket.part('key', id, 1, 'only');
    const asked = { query: { uploadId: id }, body: '<CompleteMultipartUpload><Part>' };
    refused(await bucket.ask('POST', 'key', asked), 400, 'MalformedXML');
  }),

  core('CompleteMultipartUpload_no_parts', async (bucket) => {
    const id = await bucket.begin('key');
    refused(await bucket.complete('key', id, []), 400, 'MalformedXML');
    headRefused(await bucket.head('key'), 404);
  }),

  full('CompleteMultipartUpload_twice', async (bucket) => {
    const id = await bucket.begin('key');
    const part = await bucket.part('key', id, 1, 'only');
    ok(await bucket.complete('key', id, [part]));
    ok(await bucket.complete('key', id, [part]));
    assert.equal(await bucket.text('key'), 'only');
  }),

  full('CompleteMultipartUpload_unknown_upload', async (bucket) => {
    const answer = await bucket.complete('key', UNKNOWN_UPLOAD, [[1, etagOf('only')]]);
    refused(answer, 404, 'NoSuchUpload');
  }),

  full('CompleteMultipartUpload_of_another_key', async (bucket) => {
    const id = await bucket.begin('key');
    const part = await bucket.part('key', id, 1, 'only');
    refused(await bucket.complete('other', id, [part]), 404, 'NoSuchUpload');
    headRefused(await bucket.head('other'), 404);
  }),

  core('AbortMultipartUpload_success', async (bucket) => {
    const id = await bucket.begin('key');
    await bucket.part('key', id, 1, 'only');
    ok(await bucket.delete('key', { uploadId: id }), 204);
    headRefused(await bucket.head('key'), 404);
    assert.deepEqual(bucket.names(ok(await bucket.listUploads()), 'Upload/Key'), []);
  }),

  core('AbortMultipartUpload_leaves_the_object', async (bucket) => {
    await bucket.fixture('key', 'old');
    const id = await bucket.begin('key');
    await bucket.part('key', id, 1, 'new');
    ok(await bucket.delete('key', { uploadId: id }), 204);
    assert.equal(await bucket.text('key'), 'old');
  }),

  full('AbortMultipartUpload_unknown_upload', async (bucket) => {
    refused(await bucket.delete('key', { uploadId: UNKNOWN_UPLOAD }), 404, 'NoSuchUpload');
  }),

  full('AbortMultipartUpload_then_a_part', async (bucket) => {
    const id = await bucket.begin('key');
    ok(await bucket.delete('key', { uploadId: id }), 204);
    refused(await bucket.askPart('key', id, 1, { body: 'late' }), 404, 'NoSuchUpload');
  }),

  full('AbortMultipartUpload_then_complete', async (bucket) => {
    const id = await bucket.begin('key');
    const part = await bucket.part('key', id, 1, 'only');
    ok(await bucket.delete('key', { uploadId: id }), 204);
    refused(await bucket.complete('key', id, [part]), 404, 'NoSuchUpload');
    headRefused(await bucket.head('key'), 404);
  }),

  core('CompleteMultipartUpload_range_over_two_parts', async (bucket) => {
    await bucket.fixtureInParts('key', [LARGE, '0123456789']);
    const range = `bytes=${LARGE.length - 2}-${LARGE.length + 3}`;
    const answer = ok(await bucket.get('key', { range }), 206);
    assert.equal(answer.text, 'gh0123');
  }),

  core('CompleteMultipartUpload_is_listed_as_one_object', async (bucket) => {
    await bucket.upload('key', [LARGE, 'last']);
    const listed = ok(await bucket.list());
    assert.equal(listed.value('Contents/Size'), String(LARGE.length + 4));
    assert.equal(listed.value('Contents/ETag'), etagOfParts(LARGE, 'last'));
  }),

  full('CompleteMultipartUpload_etag_before_it_began', async (bucket) => {
    const parts = [LARGE, 'last'];
    assert.equal(await bucket.fixtureInParts('key', parts), etagOfParts(...parts));
    hasHeaders(ok(await bucket.head('key')), { etag: etagOfParts(...parts) });
  }),

  full('CompleteMultipartUpload_etag_after_its_tags_were_read', async (bucket) => {
    const etag = await bucket.fixtureInParts('key', [LARGE, 'last']);
    ok(await bucket.ask('GET', 'key', { query: { tagging: '' } }));
    hasHeaders(ok(await bucket.head('key')), { etag });
  }),
];

import assert from 'node:assert/strict';
import { etagOf, ok, refused } from '../checks.js';
import { alone, core, full, type S3Case } from '../s3-case.js';
import type { TestBucket } from '../test-bucket.js';

/** An upload with three small parts; returns its id. */
async function withThreeParts(bucket: TestBucket): Promise<string> {
  const id = await bucket.begin('key');
  for (const number of [1, 2, 5]) await bucket.part('key', id, number, `part ${number}`);
  return id;
}

const listParts = (bucket: TestBucket, uploadId: string, query = {}) =>
  bucket.ask('GET', 'key', { query: { uploadId, ...query } });

/** AWS, "ListParts", "ListMultipartUploads". */
export const listUploadsCases: readonly S3Case[] = [
  core('ListParts_success', async (bucket) => {
    const id = await withThreeParts(bucket);
    const answer = ok(await listParts(bucket, id));
    assert.equal(answer.root.name, 'ListPartsResult');
    assert.deepEqual([answer.value('Bucket'), answer.value('UploadId')], [bucket.name, id]);
    assert.equal(bucket.nameOf(answer.value('Key')), 'key');
    assert.deepEqual(answer.texts('Part/PartNumber'), ['1', '2', '5']);
    assert.deepEqual(answer.texts('Part/Size'), ['6', '6', '6']);
    assert.deepEqual(
      answer.texts('Part/ETag').map((etag) => etag.replaceAll('"', '')),
      [etagOf('part 1').slice(1, -1), etagOf('part 2').slice(1, -1), etagOf('part 5').slice(1, -1)],
    );
    assert.equal(answer.value('IsTruncated'), 'false');
  }),

  core('ListParts_of_no_parts', async (bucket) => {
    const answer = ok(await listParts(bucket, await bucket.begin('key')));
    assert.deepEqual([answer.texts('Part'), answer.value('IsTruncated')], [[], 'false']);
  }),

  core('ListParts_pages', async (bucket) => {
    const id = await withThreeParts(bucket);
    const first = ok(await listParts(bucket, id, { 'max-parts': '2' }));
    assert.deepEqual([first.texts('Part/PartNumber'), first.value('IsTruncated')], [['1', '2'], 'true']);
    assert.equal(first.value('NextPartNumberMarker'), '2');
    const second = ok(await listParts(bucket, id, { 'max-parts': '2', 'part-number-marker': '2' }));
    assert.deepEqual([second.texts('Part/PartNumber'), second.value('IsTruncated')], [['5'], 'false']);
  }),

  core('ListParts_marker_that_is_no_part', async (bucket) => {
    const id = await withThreeParts(bucket);
    const answer = ok(await listParts(bucket, id, { 'part-number-marker': '3' }));
    assert.deepEqual(answer.texts('Part/PartNumber'), ['5']);
  }),

  core('ListParts_after_a_part_was_replaced', async (bucket) => {
    const id = await withThreeParts(bucket);
    await bucket.part('key', id, 2, 'longer than before');
    assert.deepEqual(ok(await listParts(bucket, id)).texts('Part/Size'), ['6', '18', '6']);
  }),

  full('ListParts_unknown_upload', async (bucket) => {
    refused(await listParts(bucket, '2~0000000000000000000000000000000'), 404, 'NoSuchUpload');
  }),

  full('ListParts_of_a_completed_upload', async (bucket) => {
    const id = await bucket.begin('key');
    ok(await bucket.complete('key', id, [await bucket.part('key', id, 1, 'only')]));
    refused(await listParts(bucket, id), 404, 'NoSuchUpload');
  }),

  full('ListParts_max_parts_that_is_no_number', async (bucket) => {
    const id = await withThreeParts(bucket);
    refused(await listParts(bucket, id, { 'max-parts': 'all' }), 400, 'InvalidArgument');
  }),

  core('ListMultipartUploads_success', async (bucket) => {
    const id = await bucket.begin('key');
    const answer = ok(await bucket.listUploads());
    assert.equal(answer.root.name, 'ListMultipartUploadsResult');
    assert.equal(answer.value('Bucket'), bucket.name);
    assert.deepEqual(bucket.names(answer, 'Upload/Key'), ['key']);
    assert.deepEqual(answer.texts('Upload/UploadId'), [id]);
    assert.match(answer.value('Upload/Initiated') ?? '', /^\d{4}-\d\d-\d\dT/);
    assert.equal(answer.value('IsTruncated'), 'false');
  }),

  alone(
    core('ListMultipartUploads_whole_bucket', async (bucket) => {
      for (const name of ['b', 'a', 'c/d']) await bucket.begin(name);
      assert.deepEqual(ok(await bucket.listUploads()).texts('Upload/Key'), ['a', 'b', 'c/d']);
    }),
  ),

  core('ListMultipartUploads_none', async (bucket) => {
    await bucket.fixture('key');
    const answer = ok(await bucket.listUploads());
    assert.deepEqual([answer.texts('Upload'), answer.value('IsTruncated')], [[], 'false']);
  }),

  core('ListMultipartUploads_prefix', async (bucket) => {
    for (const name of ['a/1', 'b/1']) await bucket.begin(name);
    assert.deepEqual(bucket.names(ok(await bucket.listUploads({ prefix: 'b/' })), 'Upload/Key'), ['b/1']);
  }),

  full('ListMultipartUploads_delimiter', async (bucket) => {
    for (const name of ['a/1', 'a/2', 'b']) await bucket.begin(name);
    const answer = ok(await bucket.listUploads({ delimiter: '/' }));
    assert.deepEqual(bucket.names(answer, 'Upload/Key'), ['b']);
    assert.deepEqual(bucket.names(answer, 'CommonPrefixes/Prefix'), ['a/']);
  }),

  core('ListMultipartUploads_pages', async (bucket) => {
    for (const name of ['a', 'b', 'c']) await bucket.begin(name);
    const first = ok(await bucket.listUploads({ 'max-uploads': '2' }));
    assert.deepEqual([bucket.names(first, 'Upload/Key'), first.value('IsTruncated')], [['a', 'b'], 'true']);
    const second = ok(
      await bucket.listUploads({
        'max-uploads': '2',
        'key-marker': bucket.nameOf(first.value('NextKeyMarker')),
        'upload-id-marker': first.value('NextUploadIdMarker') ?? '',
      }),
    );
    assert.deepEqual([bucket.names(second, 'Upload/Key'), second.value('IsTruncated')], [['c'], 'false']);
  }),

  core('ListMultipartUploads_after_complete_and_abort', async (bucket) => {
    const [done, left] = [await bucket.begin('done'), await bucket.begin('left')];
    await bucket.begin('open');
    ok(await bucket.complete('done', done, [await bucket.part('done', done, 1, 'only')]));
    ok(await bucket.delete('left', { uploadId: left }), 204);
    assert.deepEqual(bucket.names(ok(await bucket.listUploads()), 'Upload/Key'), ['open']);
  }),

  core('ListMultipartUploads_missing_bucket', async (bucket) => {
    const answer = await bucket.http.ask('GET', `/${bucket.newBucketName()}`, { query: { uploads: '' } });
    refused(answer, 404, 'NoSuchBucket');
  }),
];

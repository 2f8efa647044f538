import assert from 'node:assert/strict';
import type { HeaderFields } from '../../../../src/s3/message.js';
import type { Answer } from '../answer.js';
import { base64Md5, etagOf, hasHeaders, ok, refused } from '../checks.js';
import { core, full, type S3Case, wire } from '../s3-case.js';
import type { TestBucket, UploadedPart } from '../test-bucket.js';

const LARGE = Buffer.alloc(5 * 1024 * 1024, 'abcdefgh');
const DIGITS = '0123456789';
const UNKNOWN_UPLOAD = '2~0000000000000000000000000000000';

interface PartToCopy {
  readonly uploadId: string;
  readonly partNumber: number;
  readonly from: string;
  readonly headers?: HeaderFields;
}

function copyPart(bucket: TestBucket, { uploadId, partNumber, from, headers }: PartToCopy): Promise<Answer> {
  const source = { 'x-amz-copy-source': bucket.source(from), ...headers };
  return bucket.askPart('key', uploadId, partNumber, { headers: source });
}

async function copied(bucket: TestBucket, part: PartToCopy): Promise<UploadedPart> {
  const answer = ok(await copyPart(bucket, part));
  assert.equal(answer.root.name, 'CopyPartResult');
  return [part.partNumber, answer.value('ETag') ?? ''];
}

const rangeOf = (range: string): HeaderFields => ({ 'x-amz-copy-source-range': range });

/** AWS, "UploadPart", "UploadPartCopy". */
export const uploadPartCases: readonly S3Case[] = [
  core('UploadPart_success', async (bucket) => {
    const id = await bucket.begin('key');
    hasHeaders(ok(await bucket.askPart('key', id, 1, { body: 'part' })), { etag: etagOf('part') });
    refused(await bucket.get('key'), 404, 'NoSuchKey');
    assert.deepEqual(bucket.names(ok(await bucket.list())), []);
  }),

  core('UploadPart_replaces_a_part', async (bucket) => {
    const id = await bucket.begin('key');
    await bucket.part('key', id, 1, 'first');
    const part = await bucket.part('key', id, 1, 'second');
    ok(await bucket.complete('key', id, [part]));
    assert.equal(await bucket.text('key'), 'second');
  }),

  core('UploadPart_replaced_part_is_gone', async (bucket) => {
    const id = await bucket.begin('key');
    const old = await bucket.part('key', id, 1, 'first');
    await bucket.part('key', id, 1, 'second');
    refused(await bucket.complete('key', id, [old]), 400, 'InvalidPart');
  }),

  core('UploadPart_many_at_once', async (bucket) => {
    const id = await bucket.begin('key');
    const bodies = [LARGE, LARGE, 'last'];
    const parts = await Promise.all(bodies.map((body, index) => bucket.part('key', id, index + 1, body)));
    ok(await bucket.complete('key', id, parts));
    hasHeaders(ok(await bucket.head('key')), { 'content-length': String(2 * LARGE.length + 4) });
  }),

  core('UploadPart_content_md5', async (bucket) => {
    const id = await bucket.begin('key');
    ok(await bucket.askPart('key', id, 1, { body: 'part', headers: { 'content-md5': base64Md5('part') } }));
  }),

  core('UploadPart_content_md5_of_other_bytes', async (bucket) => {
    const id = await bucket.begin('key');
    const headers = { 'content-md5': base64Md5('other') };
    refused(await bucket.askPart('key', id, 1, { body: 'part', headers }), 400, 'BadDigest');
  }),

  wire('UploadPart_payload_hash_of_other_bytes', async (bucket) => {
    const id = await bucket.begin('key');
    const answer = await bucket.askPart('key', id, 1, { body: 'part', payloadHash: '0'.repeat(64) });
    refused(answer, 400, 'XAmzContentSHA256Mismatch');
  }),

  full('UploadPart_number_0', async (bucket) => {
    const id = await bucket.begin('key');
    refused(await bucket.askPart('key', id, 0, { body: 'part' }), 400, 'InvalidArgument');
  }),

  full('UploadPart_number_10001', async (bucket) => {
    const id = await bucket.begin('key');
    refused(await bucket.askPart('key', id, 10_001, { body: 'part' }), 400, 'InvalidArgument');
  }),

  full('UploadPart_number_that_is_none', async (bucket) => {
    const id = await bucket.begin('key');
    refused(await bucket.askPart('key', id, 'one', { body: 'part' }), 400, 'InvalidArgument');
  }),

  full('UploadPart_unknown_upload', async (bucket) => {
    refused(await bucket.askPart('key', UNKNOWN_UPLOAD, 1, { body: 'part' }), 404, 'NoSuchUpload');
  }),

  full('UploadPart_of_another_key', async (bucket) => {
    const id = await bucket.begin('key');
    refused(await bucket.askPart('other', id, 1, { body: 'part' }), 404, 'NoSuchUpload');
  }),

  full('UploadPart_of_no_bytes', async (bucket) => {
    const id = await bucket.begin('key');
    const part = await bucket.part('key', id, 1, '');
    ok(await bucket.complete('key', id, [part]));
    assert.equal(await bucket.text('key'), '');
  }),

  core('UploadPartCopy_success', async (bucket) => {
    await bucket.fixture('from', 'text');
    const uploadId = await bucket.begin('key');
    const part = await copied(bucket, { uploadId, partNumber: 1, from: 'from' });
    assert.equal(part[1].replaceAll('"', ''), etagOf('text').replaceAll('"', ''));
    ok(await bucket.complete('key', uploadId, [part]));
    assert.equal(await bucket.text('key'), 'text');
  }),

  core('UploadPartCopy_range', async (bucket) => {
    await bucket.fixture('from', DIGITS);
    const uploadId = await bucket.begin('key');
    const part = await copied(bucket, {
      uploadId,
      partNumber: 1,
      from: 'from',
      headers: rangeOf('bytes=3-6'),
    });
    ok(await bucket.complete('key', uploadId, [part]));
    assert.equal(await bucket.text('key'), '3456');
  }),

  core('UploadPartCopy_beside_an_uploaded_part', async (bucket) => {
    await bucket.fixture('from', LARGE);
    const uploadId = await bucket.begin('key');
    const parts = [
      await copied(bucket, { uploadId, partNumber: 1, from: 'from' }),
      await bucket.part('key', uploadId, 2, 'last'),
    ];
    ok(await bucket.complete('key', uploadId, parts));
    const { body } = ok(await bucket.get('key'));
    assert.ok(body.equals(Buffer.concat([LARGE, Buffer.from('last')])));
  }),

  core('UploadPartCopy_odd_keys', async (bucket) => {
    for (const name of ['a b', 'ü', 'a+b', '🏖️/x']) {
      await bucket.fixture(name);
      const uploadId = await bucket.begin('key');
      const part = await copied(bucket, { uploadId, partNumber: 1, from: name });
      ok(await bucket.complete('key', uploadId, [part]));
      assert.equal(await bucket.text('key'), name);
    }
  }),

  core('UploadPartCopy_missing_source', async (bucket) => {
    const uploadId = await bucket.begin('key');
    refused(await copyPart(bucket, { uploadId, partNumber: 1, from: 'missing' }), 404, 'NoSuchKey');
  }),

  core('UploadPartCopy_missing_source_bucket', async (bucket) => {
    const uploadId = await bucket.begin('key');
    const headers = { 'x-amz-copy-source': `${bucket.newBucketName()}/from` };
    refused(await bucket.askPart('key', uploadId, 1, { headers }), 404, 'NoSuchBucket');
  }),

  full('UploadPartCopy_range_after_the_end', async (bucket) => {
    await bucket.fixture('from', DIGITS);
    const uploadId = await bucket.begin('key');
    const part = { uploadId, partNumber: 1, from: 'from', headers: rangeOf('bytes=0-100') };
    ok(await copyPart(bucket, part), 400);
  }),

  full('UploadPartCopy_range_without_an_end', async (bucket) => {
    await bucket.fixture('from', DIGITS);
    const uploadId = await bucket.begin('key');
    const part = { uploadId, partNumber: 1, from: 'from', headers: rangeOf('bytes=3-') };
    refused(await copyPart(bucket, part), 400, 'InvalidArgument');
  }),

  full('UploadPartCopy_source_if_match_of_another_object', async (bucket) => {
    await bucket.fixture('from', DIGITS);
    const uploadId = await bucket.begin('key');
    const headers = { 'x-amz-copy-source-if-match': etagOf('other') };
    const answer = await copyPart(bucket, { uploadId, partNumber: 1, from: 'from', headers });
    refused(answer, 412, 'PreconditionFailed');
  }),

  full('UploadPartCopy_unknown_upload', async (bucket) => {
    await bucket.fixture('from', DIGITS);
    const answer = await copyPart(bucket, { uploadId: UNKNOWN_UPLOAD, partNumber: 1, from: 'from' });
    refused(answer, 404, 'NoSuchUpload');
  }),
];

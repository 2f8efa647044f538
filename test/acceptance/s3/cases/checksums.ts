import assert from 'node:assert/strict';
import type { ChecksumAlgorithm } from '../../../../src/s3/checksums.js';
import { checksumOf, hasHeaders, headRefused, ok, refused } from '../checks.js';
import { core, full, type S3Case } from '../s3-case.js';

/** Those that the SDKs send. */
const ALGORITHMS: readonly ChecksumAlgorithm[] = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'];

const MODE = { 'x-amz-checksum-mode': 'ENABLED' };

const fieldOf = (algorithm: ChecksumAlgorithm): string => `x-amz-checksum-${algorithm}`;

/** Cases of one algorithm. */
function casesOf(algorithm: ChecksumAlgorithm): readonly S3Case[] {
  const field = fieldOf(algorithm);
  return [
    core(`PutObject_checksum_${algorithm}`, async (bucket) => {
      const headers = { [field]: checksumOf(algorithm, 'text') };
      ok(await bucket.put('key', 'text', headers));
      assert.equal(await bucket.text('key'), 'text');
    }),

    full(`PutObject_checksum_${algorithm}_is_kept`, async (bucket) => {
      const headers = { [field]: checksumOf(algorithm, 'text') };
      hasHeaders(ok(await bucket.put('key', 'text', headers)), headers);
      hasHeaders(ok(await bucket.head('key', MODE)), headers);
      hasHeaders(ok(await bucket.get('key', MODE)), headers);
    }),

    core(`PutObject_checksum_${algorithm}_of_other_bytes`, async (bucket) => {
      const headers = { [field]: checksumOf(algorithm, 'other') };
      refused(await bucket.put('key', 'text', headers), 400, 'BadDigest');
      headRefused(await bucket.head('key'), 404);
    }),

    core(`UploadPart_checksum_${algorithm}_of_other_bytes`, async (bucket) => {
      const id = await bucket.begin('key', { 'x-amz-checksum-algorithm': algorithm.toUpperCase() });
      const headers = { [field]: checksumOf(algorithm, 'other') };
      refused(await bucket.askPart('key', id, 1, { body: 'text', headers }), 400, 'BadDigest');
    }),
  ];
}

/** AWS, "Checking object integrity in Amazon S3". */
export const checksumCases: readonly S3Case[] = [
  ...ALGORITHMS.flatMap(casesOf),

  core('GetObject_no_checksum_unless_asked', async (bucket) => {
    const field = fieldOf('crc32');
    ok(await bucket.put('key', 'text', { [field]: checksumOf('crc32', 'text') }));
    hasHeaders(ok(await bucket.get('key')), { [field]: undefined });
  }),

  full('GetObject_no_checksum_of_a_range', async (bucket) => {
    const field = fieldOf('crc32');
    ok(await bucket.put('key', 'text', { [field]: checksumOf('crc32', 'text') }));
    hasHeaders(ok(await bucket.get('key', { ...MODE, range: 'bytes=0-1' }), 206), { [field]: undefined });
  }),

  core('PutObject_two_checksums', async (bucket) => {
    const headers = {
      [fieldOf('crc32')]: checksumOf('crc32', 'text'),
      [fieldOf('sha1')]: checksumOf('sha1', 'text'),
    };
    refused(await bucket.put('key', 'text', headers), 400, 'InvalidRequest');
    headRefused(await bucket.head('key'), 404);
  }),

  core('PutObject_checksum_that_is_none', async (bucket) => {
    const answer = await bucket.put('key', 'text', { [fieldOf('sha256')]: 'no checksum' });
    refused(answer, 400, 'InvalidRequest');
    headRefused(await bucket.head('key'), 404);
  }),

  full('GetObjectAttributes_success', async (bucket) => {
    await bucket.fixture('key', 'text');
    const headers = { 'x-amz-object-attributes': 'ETag,ObjectSize' };
    const answer = ok(await bucket.ask('GET', 'key', { query: { attributes: '' }, headers }));
    assert.equal(answer.root.name, 'GetObjectAttributesResponse');
    assert.equal(answer.value('ObjectSize'), '4');
    assert.match(answer.value('ETag') ?? '', /^[0-9a-f]{32}$/);
  }),

  full('GetObjectAttributes_missing_key', async (bucket) => {
    const headers = { 'x-amz-object-attributes': 'ETag' };
    const answer = await bucket.ask('GET', 'missing', { query: { attributes: '' }, headers });
    refused(answer, 404, 'NoSuchKey');
  }),
];

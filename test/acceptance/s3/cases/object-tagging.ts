import assert from 'node:assert/strict';
import type { Answer } from '../answer.js';
import { base64Md5, hasHeaders, ok, refused } from '../checks.js';
import { core, full, type S3Case, smoke } from '../s3-case.js';
import type { TestBucket } from '../test-bucket.js';

type Tags = Readonly<Record<string, string>>;

const documentOf = (tags: Tags): string =>
  `<Tagging><TagSet>${Object.entries(tags)
    .map(([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`)
    .join('')}</TagSet></Tagging>`;

function putDocument(bucket: TestBucket, body: string, name = 'key'): Promise<Answer> {
  const headers = { 'content-md5': base64Md5(body) };
  return bucket.ask('PUT', name, { query: { tagging: '' }, body, headers });
}

const putTags = (bucket: TestBucket, tags: Tags): Promise<Answer> => putDocument(bucket, documentOf(tags));

async function tagsOf(bucket: TestBucket): Promise<Tags> {
  const answer = ok(await bucket.ask('GET', 'key', { query: { tagging: '' } }));
  const [keys, values] = [answer.texts('TagSet/Tag/Key'), answer.texts('TagSet/Tag/Value')];
  return Object.fromEntries(keys.map((key, index) => [key, values[index] ?? '']));
}

/** AWS, "PutObjectTagging", "GetObjectTagging", "DeleteObjectTagging". */
export const objectTaggingCases: readonly S3Case[] = [
  smoke('PutObjectTagging_success', async (bucket) => {
    await bucket.fixture('key', 'text');
    ok(await putTags(bucket, { color: 'blue', size: 'x l' }));
    assert.deepEqual(await tagsOf(bucket), { color: 'blue', size: 'x l' });
    const answer = ok(await bucket.get('key'));
    hasHeaders(answer, { 'x-amz-tagging-count': '2' });
    assert.equal(answer.text, 'text');
  }),

  core('PutObjectTagging_replaces_all_tags', async (bucket) => {
    await bucket.fixture('key', 'text', { 'x-amz-tagging': 'color=blue&size=xl' });
    ok(await putTags(bucket, { shape: 'round' }));
    assert.deepEqual(await tagsOf(bucket), { shape: 'round' });
  }),

  core('PutObjectTagging_of_no_tags', async (bucket) => {
    await bucket.fixture('key', 'text', { 'x-amz-tagging': 'color=blue' });
    ok(await putTags(bucket, {}));
    assert.deepEqual(await tagsOf(bucket), {});
  }),

  core('PutObjectTagging_unicode', async (bucket) => {
    await bucket.fixture('key', 'text');
    ok(await putTags(bucket, { größe: 'zwölf', 'a+b=c': '@/:._-' }));
    assert.deepEqual(await tagsOf(bucket), { größe: 'zwölf', 'a+b=c': '@/:._-' });
  }),

  core('PutObjectTagging_empty_value', async (bucket) => {
    await bucket.fixture('key', 'text');
    ok(await putTags(bucket, { flag: '' }));
    assert.deepEqual(await tagsOf(bucket), { flag: '' });
  }),

  core('PutObjectTagging_ten_tags', async (bucket) => {
    await bucket.fixture('key', 'text');
    const tags = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`tag${index}`, `${index}`]));
    ok(await putTags(bucket, tags));
    assert.deepEqual(await tagsOf(bucket), tags);
  }),

  full('PutObjectTagging_eleven_tags', async (bucket) => {
    await bucket.fixture('key', 'text');
    const tags = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`tag${index}`, `${index}`]));
    ok(await putTags(bucket, tags), 400);
    assert.deepEqual(await tagsOf(bucket), {});
  }),

  full('PutObjectTagging_key_too_long', async (bucket) => {
    await bucket.fixture('key', 'text');
    refused(await putTags(bucket, { ['k'.repeat(129)]: 'v' }), 400, 'InvalidTag');
  }),

  full('PutObjectTagging_value_too_long', async (bucket) => {
    await bucket.fixture('key', 'text');
    refused(await putTags(bucket, { k: 'v'.repeat(257) }), 400, 'InvalidTag');
  }),

  core('PutObjectTagging_malformed_XML', async (bucket) => {
    await bucket.fixture('key', 'text');
    refused(await putDocument(bucket, '<Tagging><TagSet>'), 400, 'MalformedXML');
  }),

  core('PutObjectTagging_missing_key', async (bucket) => {
    refused(await putDocument(bucket, documentOf({ a: 'b' }), 'missing'), 404, 'NoSuchKey');
  }),

  core('PutObjectTagging_leaves_content_and_metadata', async (bucket) => {
    const etag = await bucket.fixture('key', 'text', { 'x-amz-meta-a': 'b', 'content-type': 'text/css' });
    ok(await putTags(bucket, { color: 'blue' }));
    hasHeaders(ok(await bucket.get('key')), { etag, 'x-amz-meta-a': 'b', 'content-type': 'text/css' });
  }),

  core('GetObjectTagging_success', async (bucket) => {
    await bucket.fixture('key', 'text', { 'x-amz-tagging': 'color=blue' });
    assert.deepEqual(await tagsOf(bucket), { color: 'blue' });
    hasHeaders(ok(await bucket.head('key')), { 'x-amz-tagging-count': '1' });
  }),

  core('GetObjectTagging_of_no_tags', async (bucket) => {
    await bucket.fixture('key', 'text');
    assert.deepEqual(await tagsOf(bucket), {});
    hasHeaders(ok(await bucket.get('key')), { 'x-amz-tagging-count': undefined });
  }),

  core('GetObjectTagging_missing_key', async (bucket) => {
    refused(await bucket.ask('GET', 'missing', { query: { tagging: '' } }), 404, 'NoSuchKey');
  }),

  core('DeleteObjectTagging_success', async (bucket) => {
    await bucket.fixture('key', 'text', { 'x-amz-tagging': 'color=blue' });
    ok(await bucket.delete('key', { tagging: '' }), 204);
    assert.deepEqual(await tagsOf(bucket), {});
    assert.equal(await bucket.text('key'), 'text');
  }),

  core('DeleteObjectTagging_missing_key', async (bucket) => {
    refused(await bucket.delete('missing', { tagging: '' }), 404, 'NoSuchKey');
  }),
];

import assert from 'node:assert/strict';
import { etagOf, hasHeaders, headRefused, ok } from '../checks.js';
import { core, full, type S3Case, smoke } from '../s3-case.js';

const PAST = 'Sat, 01 Jan 2000 00:00:00 GMT';
const FUTURE = 'Fri, 01 Jan 2100 00:00:00 GMT';

/** AWS, "HeadObject": as GetObject, and never a body. */
export const headObjectCases: readonly S3Case[] = [
  smoke('HeadObject_success', async (bucket) => {
    const etag = await bucket.fixture('key', 'text', { 'content-type': 'text/plain', 'x-amz-meta-a': 'b' });
    const answer = ok(await bucket.head('key'));
    hasHeaders(answer, { etag, 'content-length': '4', 'content-type': 'text/plain', 'x-amz-meta-a': 'b' });
    assert.match(answer.headers['last-modified'] ?? '', / GMT$/);
    assert.equal(answer.body.length, 0);
  }),

  smoke('HeadObject_missing_key', async (bucket) => headRefused(await bucket.head('missing'), 404)),

  core('HeadObject_missing_bucket', async (bucket) => {
    headRefused(await bucket.http.ask('HEAD', `/${bucket.newBucketName()}/key`), 404);
  }),

  core('HeadObject_agrees_with_GetObject', async (bucket) => {
    await bucket.fixture('key', 'text', { 'cache-control': 'no-cache', 'content-language': 'de' });
    const get = ok(await bucket.get('key'));
    const head = ok(await bucket.head('key'));
    const { etag, 'content-length': length, 'content-language': language } = get.headers;
    hasHeaders(head, { etag, 'content-length': length, 'content-language': language });
    hasHeaders(head, { 'cache-control': 'no-cache', 'accept-ranges': 'bytes' });
  }),

  core('HeadObject_agrees_with_the_listing', async (bucket) => {
    await bucket.fixture('key', 'text');
    const before = ok(await bucket.head('key')).headers;
    const listed = ok(await bucket.list());
    const after = ok(await bucket.head('key')).headers;
    assert.equal(listed.value('Contents/ETag'), after.etag);
    assert.equal(listed.value('Contents/Size'), after['content-length']);
    const listedAt = Math.floor(Date.parse(listed.value('Contents/LastModified') ?? '') / 1000);
    // A read through a shadow copies the object behind its answer, and the copy has a time of its own.
    const seen = [before, after].map((headers) => Date.parse(headers['last-modified'] ?? '') / 1000);
    assert.ok(seen.includes(listedAt), `listed at ${listedAt}, seen at ${seen.join(' and ')}`);
  }),

  core('HeadObject_of_an_empty_object', async (bucket) => {
    await bucket.fixture('key', '');
    hasHeaders(ok(await bucket.head('key')), { 'content-length': '0', etag: etagOf('') });
  }),

  core('HeadObject_after_a_delete', async (bucket) => {
    await bucket.fixture('key');
    ok(await bucket.delete('key'), 204);
    headRefused(await bucket.head('key'), 404);
  }),

  core('HeadObject_range', async (bucket) => {
    await bucket.fixture('key', '0123456789');
    const answer = ok(await bucket.head('key', { range: 'bytes=2-5' }), 206);
    hasHeaders(answer, { 'content-length': '4', 'content-range': 'bytes 2-5/10' });
  }),

  full('HeadObject_range_after_the_end', async (bucket) => {
    await bucket.fixture('key', '0123456789');
    headRefused(await bucket.head('key', { range: 'bytes=10-' }), 416);
  }),

  core('HeadObject_if_match', async (bucket) => {
    const etag = await bucket.fixture('key', 'text');
    ok(await bucket.head('key', { 'if-match': etag }));
    headRefused(await bucket.head('key', { 'if-match': etagOf('other') }), 412);
  }),

  core('HeadObject_if_none_match', async (bucket) => {
    const etag = await bucket.fixture('key', 'text');
    headRefused(await bucket.head('key', { 'if-none-match': etag }), 304);
    ok(await bucket.head('key', { 'if-none-match': etagOf('other') }));
  }),

  core('HeadObject_if_modified_since', async (bucket) => {
    await bucket.fixture('key', 'text');
    ok(await bucket.head('key', { 'if-modified-since': PAST }));
    headRefused(await bucket.head('key', { 'if-modified-since': FUTURE }), 304);
  }),

  core('HeadObject_if_unmodified_since', async (bucket) => {
    await bucket.fixture('key', 'text');
    ok(await bucket.head('key', { 'if-unmodified-since': FUTURE }));
    headRefused(await bucket.head('key', { 'if-unmodified-since': PAST }), 412);
  }),

  full('HeadObject_if_match_of_a_missing_key', async (bucket) => {
    headRefused(await bucket.head('missing', { 'if-match': etagOf('x') }), 404);
  }),

  full('HeadObject_part_number_of_an_upload', async (bucket) => {
    const first = Buffer.alloc(5 * 1024 * 1024, 'a');
    await bucket.fixtureInParts('key', [first, 'last']);
    const answer = ok(await bucket.ask('HEAD', 'key', { query: { partNumber: '2' } }), 206);
    hasHeaders(answer, { 'content-length': '4', 'x-amz-mp-parts-count': '2' });
  }),
];

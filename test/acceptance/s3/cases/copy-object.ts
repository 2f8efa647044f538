import assert from 'node:assert/strict';
import type { HeaderFields } from '../../../../src/s3/message.js';
import type { Answer } from '../answer.js';
import { etagOf, hasHeaders, headRefused, ok, refused } from '../checks.js';
import { alone, core, full, type S3Case, smoke } from '../s3-case.js';
import type { TestBucket } from '../test-bucket.js';

const PAST = 'Sat, 01 Jan 2000 00:00:00 GMT';
const FUTURE = 'Fri, 01 Jan 2100 00:00:00 GMT';
const REPLACE = { 'x-amz-metadata-directive': 'REPLACE' };

function copy(bucket: TestBucket, from: string, to: string, headers: HeaderFields = {}): Promise<Answer> {
  return bucket.ask('PUT', to, { headers: { 'x-amz-copy-source': bucket.source(from), ...headers } });
}

async function tagsOf(bucket: TestBucket, name: string): Promise<string[]> {
  return ok(await bucket.ask('GET', name, { query: { tagging: '' } })).texts('TagSet/Tag/Key');
}

/** AWS, "CopyObject", x-amz-copy-source-if-*: whether an object is copied of which this is asked. */
const CONDITIONS: Readonly<Record<string, (etag: string) => HeaderFields>> = {
  if_match: (etag) => ({ 'x-amz-copy-source-if-match': etag }),
  if_none_match_of_another_object: () => ({ 'x-amz-copy-source-if-none-match': etagOf('other') }),
  if_modified_since: () => ({ 'x-amz-copy-source-if-modified-since': PAST }),
  if_unmodified_since: () => ({ 'x-amz-copy-source-if-unmodified-since': FUTURE }),
};

const UNMET_CONDITIONS: Readonly<Record<string, (etag: string) => HeaderFields>> = {
  if_match_of_another_object: () => ({ 'x-amz-copy-source-if-match': etagOf('other') }),
  if_none_match: (etag) => ({ 'x-amz-copy-source-if-none-match': etag }),
  if_modified_since_in_the_future: () => ({ 'x-amz-copy-source-if-modified-since': FUTURE }),
  if_unmodified_since_the_past: () => ({ 'x-amz-copy-source-if-unmodified-since': PAST }),
};

const conditionCases: readonly S3Case[] = [
  ...Object.entries(CONDITIONS).map(([condition, headersFor]) =>
    core(`CopyObject_source_${condition}`, async (bucket) => {
      const etag = await bucket.fixture('from', 'text');
      ok(await copy(bucket, 'from', 'to', headersFor(etag)));
      assert.equal(await bucket.text('to'), 'text');
    }),
  ),
  ...Object.entries(UNMET_CONDITIONS).map(([condition, headersFor]) =>
    core(`CopyObject_source_${condition}`, async (bucket) => {
      const etag = await bucket.fixture('from', 'text');
      refused(await copy(bucket, 'from', 'to', headersFor(etag)), 412, 'PreconditionFailed');
      headRefused(await bucket.head('to'), 404);
    }),
  ),
];

/** AWS, "CopyObject". */
export const copyObjectCases: readonly S3Case[] = [
  smoke('CopyObject_success', async (bucket) => {
    await bucket.fixture('from', 'text');
    const answer = ok(await copy(bucket, 'from', 'to'));
    assert.equal(answer.root.name, 'CopyObjectResult');
    assert.match(answer.value('LastModified') ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    assert.equal(answer.value('ETag')?.replaceAll('"', ''), etagOf('text').replaceAll('"', ''));
    assert.equal(await bucket.text('to'), 'text');
    assert.equal(await bucket.text('from'), 'text');
  }),

  full('CopyObject_answers_the_etag_in_quotes', async (bucket) => {
    await bucket.fixture('from', 'text');
    assert.equal(ok(await copy(bucket, 'from', 'to')).value('ETag'), etagOf('text'));
  }),

  core('CopyObject_keeps_metadata', async (bucket) => {
    const headers = { 'content-type': 'text/css', 'cache-control': 'no-cache', 'x-amz-meta-a': 'b' };
    await bucket.fixture('from', 'text', headers);
    ok(await copy(bucket, 'from', 'to'));
    hasHeaders(ok(await bucket.head('to')), headers);
  }),

  core('CopyObject_metadata_directive_copy', async (bucket) => {
    await bucket.fixture('from', 'text', { 'x-amz-meta-a': 'b' });
    const headers = { 'x-amz-metadata-directive': 'COPY', 'x-amz-meta-a': 'not this' };
    ok(await copy(bucket, 'from', 'to', headers));
    hasHeaders(ok(await bucket.head('to')), { 'x-amz-meta-a': 'b' });
  }),

  core('CopyObject_metadata_directive_replace', async (bucket) => {
    await bucket.fixture('from', 'text', { 'content-type': 'text/css', 'x-amz-meta-a': 'b' });
    ok(await copy(bucket, 'from', 'to', { ...REPLACE, 'content-type': 'text/html', 'x-amz-meta-c': 'd' }));
    hasHeaders(ok(await bucket.head('to')), {
      'content-type': 'text/html',
      'x-amz-meta-a': undefined,
      'x-amz-meta-c': 'd',
    });
  }),

  full('CopyObject_metadata_directive_that_is_none', async (bucket) => {
    await bucket.fixture('from', 'text');
    const answer = await copy(bucket, 'from', 'to', { 'x-amz-metadata-directive': 'MAYBE' });
    refused(answer, 400, 'InvalidArgument');
    headRefused(await bucket.head('to'), 404);
  }),

  core('CopyObject_onto_itself_unchanged', async (bucket) => {
    await bucket.fixture('key', 'text');
    refused(await copy(bucket, 'key', 'key'), 400, 'InvalidRequest');
    assert.equal(await bucket.text('key'), 'text');
  }),

  core('CopyObject_onto_itself_with_new_metadata', async (bucket) => {
    await bucket.fixture('key', 'text', { 'x-amz-meta-a': 'b' });
    ok(await copy(bucket, 'key', 'key', { ...REPLACE, 'x-amz-meta-a': 'c' }));
    const answer = ok(await bucket.get('key'));
    hasHeaders(answer, { 'x-amz-meta-a': 'c' });
    assert.equal(answer.text, 'text');
  }),

  core('CopyObject_over_another_object', async (bucket) => {
    await bucket.fixture('from', 'new');
    await bucket.fixture('to', 'old', { 'x-amz-meta-old': '1' });
    ok(await copy(bucket, 'from', 'to'));
    const answer = ok(await bucket.get('to'));
    assert.equal(answer.text, 'new');
    hasHeaders(answer, { 'x-amz-meta-old': undefined });
  }),

  core('CopyObject_missing_source', async (bucket) => {
    refused(await copy(bucket, 'missing', 'to'), 404, 'NoSuchKey');
    headRefused(await bucket.head('to'), 404);
  }),

  core('CopyObject_deleted_source', async (bucket) => {
    await bucket.fixture('from');
    ok(await bucket.delete('from'), 204);
    refused(await copy(bucket, 'from', 'to'), 404, 'NoSuchKey');
  }),

  core('CopyObject_missing_source_bucket', async (bucket) => {
    const headers = { 'x-amz-copy-source': `${bucket.newBucketName()}/key` };
    refused(await bucket.ask('PUT', 'to', { headers }), 404, 'NoSuchBucket');
  }),

  core('CopyObject_missing_bucket', async (bucket) => {
    await bucket.fixture('from');
    const headers = { 'x-amz-copy-source': bucket.source('from') };
    const answer = await bucket.http.ask('PUT', `/${bucket.newBucketName()}/to`, { headers });
    refused(answer, 404, 'NoSuchBucket');
  }),

  full('CopyObject_source_without_a_key', async (bucket) => {
    const answer = await bucket.ask('PUT', 'to', { headers: { 'x-amz-copy-source': bucket.name } });
    refused(answer, 400, 'InvalidArgument');
  }),

  core('CopyObject_source_with_a_slash_in_front', async (bucket) => {
    await bucket.fixture('from', 'text');
    ok(await copy(bucket, 'from', 'to', { 'x-amz-copy-source': `/${bucket.source('from')}` }));
    assert.equal(await bucket.text('to'), 'text');
  }),

  core('CopyObject_source_that_is_not_escaped', async (bucket) => {
    await bucket.fixture('from', 'text');
    const source = `${bucket.name}/${bucket.key('from')}`;
    ok(await copy(bucket, 'from', 'to', { 'x-amz-copy-source': source }));
    assert.equal(await bucket.text('to'), 'text');
  }),

  core('CopyObject_odd_keys', async (bucket) => {
    for (const name of ['a b', 'ü', 'a+b', '🏖️/x', 'a=b&c', 'a/../b', 'q?x']) {
      await bucket.fixture(name);
      ok(await copy(bucket, name, `copy of ${name}`));
      assert.equal(await bucket.text(`copy of ${name}`), name);
    }
  }),

  core('CopyObject_of_an_empty_object', async (bucket) => {
    await bucket.fixture('from', '');
    ok(await copy(bucket, 'from', 'to'));
    assert.equal(await bucket.text('to'), '');
  }),

  full('CopyObject_of_6_mebibytes', async (bucket) => {
    const body = Buffer.alloc(6 * 1024 * 1024, 'abc');
    await bucket.fixture('from', body);
    ok(await copy(bucket, 'from', 'to'));
    assert.ok(ok(await bucket.get('to')).body.equals(body));
  }),

  full('CopyObject_of_an_upload_in_parts', async (bucket) => {
    const first = Buffer.alloc(5 * 1024 * 1024, 'a');
    await bucket.fixtureInParts('from', [first, 'last']);
    ok(await copy(bucket, 'from', 'to'));
    assert.ok(ok(await bucket.get('to')).body.equals(Buffer.concat([first, Buffer.from('last')])));
  }),

  core('CopyObject_to_another_bucket', async (bucket) => {
    await bucket.fixture('from', 'text', { 'x-amz-meta-a': 'b' });
    const other = bucket.newBucketName();
    ok(await bucket.http.ask('PUT', `/${other}`));
    const headers = { 'x-amz-copy-source': bucket.source('from') };
    ok(await bucket.http.ask('PUT', `/${other}/to`, { headers }));
    const answer = ok(await bucket.http.ask('GET', `/${other}/to`));
    assert.equal(answer.text, 'text');
    hasHeaders(answer, { 'x-amz-meta-a': 'b' });
  }),

  core('CopyObject_keeps_tags', async (bucket) => {
    await bucket.fixture('from', 'text', { 'x-amz-tagging': 'color=blue' });
    ok(await copy(bucket, 'from', 'to'));
    assert.deepEqual(await tagsOf(bucket, 'to'), ['color']);
  }),

  core('CopyObject_tagging_directive_replace', async (bucket) => {
    await bucket.fixture('from', 'text', { 'x-amz-tagging': 'color=blue' });
    const headers = { 'x-amz-tagging-directive': 'REPLACE', 'x-amz-tagging': 'size=xl' };
    ok(await copy(bucket, 'from', 'to', headers));
    assert.deepEqual(await tagsOf(bucket, 'to'), ['size']);
  }),

  full('CopyObject_website_redirect_is_not_copied', async (bucket) => {
    await bucket.fixture('from', 'text', { 'x-amz-website-redirect-location': '/elsewhere' });
    ok(await copy(bucket, 'from', 'to'));
    hasHeaders(ok(await bucket.head('to')), { 'x-amz-website-redirect-location': undefined });
  }),

  alone(
    full('CopyObject_if_none_match', async (bucket) => {
      await bucket.fixture('from', 'new');
      await bucket.fixture('to', 'old');
      refused(await copy(bucket, 'from', 'to', { 'if-none-match': '*' }), 412, 'PreconditionFailed');
      assert.equal(await bucket.text('to'), 'old');
    }),
  ),

  ...conditionCases,
];

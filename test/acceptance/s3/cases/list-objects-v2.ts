import assert from 'node:assert/strict';
import { etagOf, ok, refused } from '../checks.js';
import { alone, core, full, type S3Case, smoke } from '../s3-case.js';
import type { Query } from '../s3-http.js';
import type { TestBucket } from '../test-bucket.js';

const TREE = ['a', 'b/1', 'b/2', 'c', 'd/e/1', 'd/e/2', 'd/f', 'g'];

interface Listing {
  readonly keys: readonly string[];
  readonly prefixes?: readonly string[];
}

/** What is listed of the tree. */
const LISTINGS: Readonly<Record<string, Listing & { readonly query: Query }>> = {
  prefix: { query: { prefix: 'd/' }, keys: ['d/e/1', 'd/e/2', 'd/f'] },
  prefix_of_one_key: { query: { prefix: 'c' }, keys: ['c'] },
  prefix_of_nothing: { query: { prefix: 'x' }, keys: [] },
  delimiter: { query: { delimiter: '/' }, keys: ['a', 'c', 'g'], prefixes: ['b/', 'd/'] },
  prefix_and_delimiter: {
    query: { prefix: 'd/', delimiter: '/' },
    keys: ['d/f'],
    prefixes: ['d/e/'],
  },
  prefix_and_delimiter_inside_of_a_folder: {
    query: { prefix: 'd', delimiter: '/' },
    keys: [],
    prefixes: ['d/'],
  },
  delimiter_of_one_letter: {
    query: { delimiter: 'e' },
    keys: ['a', 'b/1', 'b/2', 'c', 'd/f', 'g'],
    prefixes: ['d/e'],
  },
  delimiter_of_two_characters: {
    query: { delimiter: '/e' },
    keys: ['a', 'b/1', 'b/2', 'c', 'd/f', 'g'],
    prefixes: ['d/e'],
  },
  delimiter_that_no_key_has: { query: { delimiter: '|' }, keys: TREE },
  start_after: { query: { 'start-after': 'd/e/1' }, keys: ['d/e/2', 'd/f', 'g'] },
  start_after_no_key: { query: { 'start-after': 'bb' }, keys: ['c', 'd/e/1', 'd/e/2', 'd/f', 'g'] },
  start_after_the_last_key: { query: { 'start-after': 'g' }, keys: [] },
  start_after_with_a_prefix: {
    query: { prefix: 'd/', 'start-after': 'd/e/1' },
    keys: ['d/e/2', 'd/f'],
  },
  start_after_with_a_delimiter: {
    query: { delimiter: '/', 'start-after': 'a' },
    keys: ['c', 'g'],
    prefixes: ['b/', 'd/'],
  },
};

const listingCases = Object.entries(LISTINGS).map(([condition, { query, keys, prefixes = [] }]) =>
  core(`ListObjectsV2_${condition}`, async (bucket) => {
    await bucket.fixtures(...TREE);
    const answer = ok(await bucket.list(query));
    assert.deepEqual(bucket.names(answer), keys);
    assert.deepEqual(bucket.names(answer, 'CommonPrefixes/Prefix'), prefixes);
    assert.equal(answer.value('IsTruncated'), 'false');
    assert.equal(answer.value('KeyCount'), String(keys.length + prefixes.length));
  }),
);

/** All pages of a listing: the names of keys and prefixes of each. */
async function pagesOf(bucket: TestBucket, query: Query): Promise<string[][]> {
  const pages: string[][] = [];
  let more: Query = {};
  for (;;) {
    const answer = ok(await bucket.list({ ...query, ...more }));
    pages.push([...bucket.names(answer), ...bucket.names(answer, 'CommonPrefixes/Prefix')]);
    const token = answer.value('NextContinuationToken');
    assert.equal(answer.value('IsTruncated'), String(token !== undefined));
    if (token === undefined) return pages;
    assert.ok(pages.length < 50, 'a listing that does not end');
    more = { 'continuation-token': token };
  }
}

const pageCases: readonly S3Case[] = [
  core('ListObjectsV2_pages', async (bucket) => {
    await bucket.fixtures(...TREE);
    assert.deepEqual(await pagesOf(bucket, { 'max-keys': '3' }), [
      TREE.slice(0, 3),
      TREE.slice(3, 6),
      TREE.slice(6),
    ]);
  }),

  core('ListObjectsV2_pages_of_one', async (bucket) => {
    await bucket.fixtures(...TREE);
    assert.deepEqual(
      await pagesOf(bucket, { 'max-keys': '1' }),
      TREE.map((name) => [name]),
    );
  }),

  core('ListObjectsV2_pages_with_a_delimiter', async (bucket) => {
    await bucket.fixtures(...TREE);
    const pages = await pagesOf(bucket, { 'max-keys': '2', delimiter: '/' });
    assert.deepEqual(pages, [['a', 'b/'], ['c', 'd/'], ['g']]);
  }),

  core('ListObjectsV2_pages_with_a_prefix', async (bucket) => {
    await bucket.fixtures(...TREE);
    assert.deepEqual(await pagesOf(bucket, { 'max-keys': '2', prefix: 'd/' }), [['d/e/1', 'd/e/2'], ['d/f']]);
  }),

  core('ListObjectsV2_pages_after_a_key', async (bucket) => {
    await bucket.fixtures(...TREE);
    const pages = await pagesOf(bucket, { 'max-keys': '3', 'start-after': 'b/2' });
    assert.deepEqual(pages, [
      ['c', 'd/e/1', 'd/e/2'],
      ['d/f', 'g'],
    ]);
  }),

  core('ListObjectsV2_page_that_is_just_full', async (bucket) => {
    await bucket.fixtures('a', 'b');
    assert.deepEqual(await pagesOf(bucket, { 'max-keys': '2' }), [['a', 'b']]);
  }),

  full('ListObjectsV2_deleted_between_pages', async (bucket) => {
    await bucket.fixtures('a', 'b', 'c', 'd');
    const first = ok(await bucket.list({ 'max-keys': '2' }));
    for (const name of ['b', 'c']) ok(await bucket.delete(name), 204);
    const token = first.value('NextContinuationToken') ?? '';
    assert.deepEqual(bucket.names(ok(await bucket.list({ 'continuation-token': token }))), ['d']);
  }),

  full('ListObjectsV2_written_between_pages', async (bucket) => {
    await bucket.fixtures('a', 'c', 'e');
    const first = ok(await bucket.list({ 'max-keys': '2' }));
    for (const name of ['b', 'd']) ok(await bucket.put(name, name));
    const token = first.value('NextContinuationToken') ?? '';
    assert.deepEqual(bucket.names(ok(await bucket.list({ 'continuation-token': token }))), ['d', 'e']);
  }),

  core('ListObjectsV2_continuation_token_that_is_none', async (bucket) => {
    const answer = await bucket.list({ 'continuation-token': 'made up' });
    refused(answer, 400, 'InvalidArgument');
  }),

  core('ListObjectsV2_answers_its_continuation_token', async (bucket) => {
    await bucket.fixtures('a', 'b');
    const token = ok(await bucket.list({ 'max-keys': '1' })).value('NextContinuationToken') ?? '';
    const answer = ok(await bucket.list({ 'continuation-token': token }));
    assert.equal(answer.value('ContinuationToken'), token);
  }),
];

/** AWS, "ListObjectsV2". */
export const listObjectsV2Cases: readonly S3Case[] = [
  smoke('ListObjectsV2_success', async (bucket) => {
    await bucket.fixture('key', 'text');
    const answer = ok(await bucket.list());
    assert.equal(answer.root.name, 'ListBucketResult');
    assert.equal(answer.value('Name'), bucket.name);
    assert.equal(answer.value('Prefix'), bucket.prefix);
    assert.equal(answer.value('MaxKeys'), '1000');
    assert.equal(answer.value('KeyCount'), '1');
    assert.equal(answer.value('IsTruncated'), 'false');
    assert.deepEqual(bucket.names(answer), ['key']);
    assert.equal(answer.value('Contents/Size'), '4');
    assert.equal(answer.value('Contents/ETag'), etagOf('text'));
    assert.equal(answer.value('Contents/StorageClass'), 'STANDARD');
    assert.match(answer.value('Contents/LastModified') ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  }),

  alone(
    smoke('ListObjectsV2_whole_bucket', async (bucket) => {
      await bucket.fixtures(...TREE);
      const answer = ok(await bucket.list());
      assert.deepEqual(answer.texts('Contents/Key'), TREE);
      assert.equal(answer.value('Prefix'), '');
    }),
  ),

  alone(
    core('ListObjectsV2_empty_bucket', async (bucket) => {
      const answer = ok(await bucket.list());
      assert.deepEqual([answer.texts('Contents/Key'), answer.value('KeyCount')], [[], '0']);
      assert.equal(answer.value('IsTruncated'), 'false');
    }),
  ),

  alone(
    core('ListObjectsV2_delimiter_of_the_whole_bucket', async (bucket) => {
      await bucket.fixtures(...TREE);
      const answer = ok(await bucket.list({ delimiter: '/' }));
      assert.deepEqual(answer.texts('Contents/Key'), ['a', 'c', 'g']);
      assert.deepEqual(answer.texts('CommonPrefixes/Prefix'), ['b/', 'd/']);
      assert.equal(answer.value('Delimiter'), '/');
    }),
  ),

  alone(
    full('ListObjectsV2_prefix_that_is_a_slash', async (bucket) => {
      await bucket.fixtures('/', '/a', '//b', 'c');
      assert.deepEqual(ok(await bucket.list({ prefix: '/' })).texts('Contents/Key'), ['/', '//b', '/a']);
      const answer = ok(await bucket.list({ prefix: '/', delimiter: '/' }));
      assert.deepEqual(answer.texts('Contents/Key'), ['/', '/a']);
      assert.deepEqual(answer.texts('CommonPrefixes/Prefix'), ['//']);
    }),
  ),

  ...listingCases,
  ...pageCases,

  core('ListObjectsV2_order_is_that_of_UTF8', async (bucket) => {
    const names = ['A', 'Z', 'a', 'z', 'ä', '一', '\ue000', '\uffee', '🏖', '𠀀'];
    await bucket.fixtures(...[...names].reverse());
    assert.deepEqual(bucket.names(ok(await bucket.list())), names);
  }),

  core('ListObjectsV2_order_of_punctuation', async (bucket) => {
    const names = ['a', 'a ', 'a!', 'a-b', 'a.b', 'a/b', 'a0', 'aA', 'a_', 'aa', 'a~'];
    await bucket.fixtures(...[...names].reverse());
    assert.deepEqual(bucket.names(ok(await bucket.list())), names);
  }),

  core('ListObjectsV2_encoding_type_url', async (bucket) => {
    await bucket.fixtures('a b/c', 'ü+&', 'x\u0001y');
    const answer = ok(await bucket.list({ 'encoding-type': 'url', delimiter: '/' }));
    assert.equal(answer.value('EncodingType'), 'url');
    const decoded = (texts: string[]) =>
      texts.map((text) => bucket.nameOf(decodeURIComponent(text.replaceAll('+', ' '))));
    assert.deepEqual(decoded(answer.texts('Contents/Key')), ['x\u0001y', 'ü+&']);
    assert.deepEqual(decoded(answer.texts('CommonPrefixes/Prefix')), ['a b/']);
  }),

  full('ListObjectsV2_encoding_type_that_is_none', async (bucket) => {
    refused(await bucket.list({ 'encoding-type': 'base64' }), 400, 'InvalidArgument');
  }),

  core('ListObjectsV2_max_keys_0', async (bucket) => {
    await bucket.fixtures('a', 'b');
    const answer = ok(await bucket.list({ 'max-keys': '0' }));
    assert.deepEqual([answer.texts('Contents/Key'), answer.value('IsTruncated')], [[], 'false']);
    assert.equal(answer.value('MaxKeys'), '0');
  }),

  full('ListObjectsV2_max_keys_above_1000', async (bucket) => {
    await bucket.fixture('a');
    const answer = ok(await bucket.list({ 'max-keys': '5000' }));
    assert.deepEqual(bucket.names(answer), ['a']);
  }),

  full('ListObjectsV2_max_keys_negative', async (bucket) => {
    refused(await bucket.list({ 'max-keys': '-1' }), 400, 'InvalidArgument');
  }),

  full('ListObjectsV2_max_keys_that_is_no_number', async (bucket) => {
    refused(await bucket.list({ 'max-keys': 'many' }), 400, 'InvalidArgument');
  }),

  core('ListObjectsV2_fetch_owner', async (bucket) => {
    await bucket.fixture('a');
    assert.ok(ok(await bucket.list({ 'fetch-owner': 'true' })).value('Contents/Owner/ID'));
  }),

  core('ListObjectsV2_no_owner_unless_asked', async (bucket) => {
    await bucket.fixture('a');
    assert.deepEqual(ok(await bucket.list()).texts('Contents/Owner/ID'), []);
  }),

  core('ListObjectsV2_answers_its_parameters', async (bucket) => {
    const answer = ok(
      await bucket.list({ prefix: 'p', delimiter: '/', 'start-after': 's', 'max-keys': '7' }),
    );
    assert.deepEqual(
      [bucket.nameOf(answer.value('Prefix')), answer.value('Delimiter'), answer.value('MaxKeys')],
      ['p', '/', '7'],
    );
    assert.equal(bucket.nameOf(answer.value('StartAfter')), 's');
  }),

  core('ListObjectsV2_missing_bucket', async (bucket) => {
    const answer = await bucket.http.ask('GET', `/${bucket.newBucketName()}`, {
      query: { 'list-type': '2' },
    });
    refused(answer, 404, 'NoSuchBucket');
  }),

  core('ListObjectsV2_after_writes_and_deletes', async (bucket) => {
    await bucket.fixtures('a', 'b', 'c');
    ok(await bucket.delete('b'), 204);
    ok(await bucket.put('d', 'd'));
    ok(await bucket.put('a', 'longer than it was'));
    const answer = ok(await bucket.list());
    assert.deepEqual(bucket.names(answer), ['a', 'c', 'd']);
    assert.deepEqual(answer.texts('Contents/Size'), ['18', '1', '1']);
  }),

  core('ListObjectsV2_folder_whose_objects_were_deleted', async (bucket) => {
    await bucket.fixtures('a', 'gone/1', 'gone/2', 'z');
    for (const name of ['gone/1', 'gone/2']) ok(await bucket.delete(name), 204);
    const answer = ok(await bucket.list({ delimiter: '/' }));
    assert.deepEqual([bucket.names(answer), answer.texts('CommonPrefixes/Prefix')], [['a', 'z'], []]);
  }),

  core('ListObjectsV2_folder_with_an_object_of_its_own_name', async (bucket) => {
    await bucket.fixtures('f/', 'f/a');
    const answer = ok(await bucket.list({ prefix: 'f/', delimiter: '/' }));
    assert.deepEqual([bucket.names(answer), answer.texts('CommonPrefixes/Prefix')], [['f/', 'f/a'], []]);
  }),
];

import assert from 'node:assert/strict';
import { etagOf, ok, refused } from '../checks.js';
import { alone, core, full, type S3Case, smoke } from '../s3-case.js';
import type { Query } from '../s3-http.js';

const TREE = ['a', 'b/1', 'b/2', 'c', 'd/e', 'f'];

interface Listing {
  readonly query: Query;
  readonly keys: readonly string[];
  readonly prefixes?: readonly string[];
}

const LISTINGS: Readonly<Record<string, Listing>> = {
  prefix: { query: { prefix: 'b/' }, keys: ['b/1', 'b/2'] },
  delimiter: { query: { delimiter: '/' }, keys: ['a', 'c', 'f'], prefixes: ['b/', 'd/'] },
  delimiter_of_two_characters: {
    query: { delimiter: '/1' },
    keys: ['a', 'b/2', 'c', 'd/e', 'f'],
    prefixes: ['b/1'],
  },
  marker: { query: { marker: 'b/2' }, keys: ['c', 'd/e', 'f'] },
  marker_that_is_no_key: { query: { marker: 'bb' }, keys: ['c', 'd/e', 'f'] },
  marker_after_the_last_key: { query: { marker: 'x' }, keys: [] },
  marker_with_a_prefix: { query: { prefix: 'b/', marker: 'b/1' }, keys: ['b/2'] },
  marker_with_a_delimiter: {
    query: { delimiter: '/', marker: 'a' },
    keys: ['c', 'f'],
    prefixes: ['b/', 'd/'],
  },
  marker_that_is_a_folder: { query: { delimiter: '/', marker: 'b/' }, keys: ['c', 'f'], prefixes: ['d/'] },
};

/** AWS, "ListObjects". */
export const listObjectsCases: readonly S3Case[] = [
  smoke('ListObjects_success', async (bucket) => {
    await bucket.fixture('key', 'text');
    const answer = ok(await bucket.listV1());
    assert.equal(answer.root.name, 'ListBucketResult');
    assert.deepEqual(bucket.names(answer), ['key']);
    assert.equal(answer.value('Name'), bucket.name);
    assert.equal(answer.value('MaxKeys'), '1000');
    assert.equal(answer.value('Marker'), '');
    assert.equal(answer.value('IsTruncated'), 'false');
    assert.equal(answer.value('Contents/ETag'), etagOf('text'));
    assert.equal(answer.value('Contents/Size'), '4');
    assert.ok(answer.value('Contents/Owner/ID'));
    assert.deepEqual([answer.texts('KeyCount'), answer.texts('NextContinuationToken')], [[], []]);
  }),

  alone(
    core('ListObjects_whole_bucket', async (bucket) => {
      await bucket.fixtures(...TREE);
      assert.deepEqual(ok(await bucket.listV1()).texts('Contents/Key'), TREE);
    }),
  ),

  ...Object.entries(LISTINGS).map(([condition, { query, keys, prefixes = [] }]) =>
    core(`ListObjects_${condition}`, async (bucket) => {
      await bucket.fixtures(...TREE);
      const answer = ok(await bucket.listV1(query));
      assert.deepEqual(bucket.names(answer), keys);
      assert.deepEqual(bucket.names(answer, 'CommonPrefixes/Prefix'), prefixes);
      assert.equal(answer.value('IsTruncated'), 'false');
    }),
  ),

  core('ListObjects_pages_by_the_last_key', async (bucket) => {
    await bucket.fixtures(...TREE);
    const seen: string[] = [];
    for (let marker: string | undefined = ''; marker !== undefined; ) {
      const answer = ok(await bucket.listV1({ 'max-keys': '2', marker }));
      const names = bucket.names(answer);
      seen.push(...names);
      marker = answer.value('IsTruncated') === 'true' ? names.at(-1) : undefined;
    }
    assert.deepEqual(seen, TREE);
  }),

  core('ListObjects_pages_by_next_marker', async (bucket) => {
    await bucket.fixtures(...TREE);
    const seen: string[][] = [];
    for (let marker: string | undefined = ''; marker !== undefined; ) {
      const answer = ok(await bucket.listV1({ 'max-keys': '2', delimiter: '/', marker }));
      seen.push([...bucket.names(answer), ...bucket.names(answer, 'CommonPrefixes/Prefix')]);
      const next = answer.value('NextMarker');
      marker = next === undefined || next === '' ? undefined : bucket.nameOf(next);
      assert.equal(answer.value('IsTruncated'), String(marker !== undefined));
    }
    assert.deepEqual(seen, [['a', 'b/'], ['c', 'd/'], ['f']]);
  }),

  full('ListObjects_no_next_marker_without_a_delimiter', async (bucket) => {
    await bucket.fixtures(...TREE);
    const answer = ok(await bucket.listV1({ 'max-keys': '2' }));
    assert.equal(answer.value('IsTruncated'), 'true');
    assert.deepEqual(answer.texts('NextMarker'), []);
  }),

  core('ListObjects_max_keys_0', async (bucket) => {
    await bucket.fixtures('a', 'b');
    const answer = ok(await bucket.listV1({ 'max-keys': '0' }));
    assert.deepEqual([answer.texts('Contents/Key'), answer.value('IsTruncated')], [[], 'false']);
  }),

  core('ListObjects_max_keys_1', async (bucket) => {
    await bucket.fixtures('a', 'b');
    const answer = ok(await bucket.listV1({ 'max-keys': '1' }));
    assert.deepEqual([bucket.names(answer), answer.value('IsTruncated')], [['a'], 'true']);
  }),

  full('ListObjects_max_keys_that_is_no_number', async (bucket) => {
    refused(await bucket.listV1({ 'max-keys': '1x' }), 400, 'InvalidArgument');
  }),

  core('ListObjects_encoding_type_url', async (bucket) => {
    await bucket.fixtures('a b', 'ü');
    const answer = ok(await bucket.listV1({ 'encoding-type': 'url' }));
    assert.equal(answer.value('EncodingType'), 'url');
    const keys = answer.texts('Contents/Key').map((key) => decodeURIComponent(key.replaceAll('+', ' ')));
    assert.deepEqual(
      keys.map((key) => bucket.nameOf(key)),
      ['a b', 'ü'],
    );
  }),

  full('ListObjects_answers_its_parameters', async (bucket) => {
    const answer = ok(await bucket.listV1({ prefix: 'p', delimiter: '/', marker: 'm', 'max-keys': '7' }));
    const { MaxKeys: maxKeys, ...rest } = {
      Prefix: bucket.nameOf(answer.value('Prefix')),
      Marker: bucket.nameOf(answer.value('Marker')),
      Delimiter: answer.value('Delimiter'),
      MaxKeys: answer.value('MaxKeys'),
    };
    assert.deepEqual([maxKeys, rest], ['7', { Prefix: 'p', Marker: 'm', Delimiter: '/' }]);
  }),

  core('ListObjects_missing_bucket', async (bucket) => {
    refused(await bucket.http.ask('GET', `/${bucket.newBucketName()}`), 404, 'NoSuchBucket');
  }),

  core('ListObjects_agrees_with_V2', async (bucket) => {
    await bucket.fixtures(...TREE);
    ok(await bucket.delete('c'), 204);
    ok(await bucket.get('a'));
    const [first, second] = [ok(await bucket.listV1()), ok(await bucket.list())];
    assert.deepEqual(first.texts('Contents/Key'), second.texts('Contents/Key'));
    assert.deepEqual(first.texts('Contents/ETag'), second.texts('Contents/ETag'));
  }),
];

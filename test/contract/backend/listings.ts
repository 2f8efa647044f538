import { expect, it } from 'vitest';
import { type ListingPage, readListing } from '../../../src/s3/xml/listing.js';
import { readVersions } from '../../../src/s3/xml/versions.js';
import type { StoreClient } from '../../support/store-client.js';
import { expectError, type Scene } from './scene.js';

export function listingCases(scene: Scene): void {
  async function withKeys(...keys: string[]): Promise<StoreClient> {
    const client = await scene.bucket();
    for (const key of keys) await client.put(key, key);
    return client;
  }

  async function list(client: StoreClient, query: string): Promise<ListingPage> {
    const { status, text } = await client.ask('GET', '', { query: `encoding-type=url&${query}` });
    expect(status).toBe(200);
    return readListing(text);
  }

  const keysOf = ({ objects }: ListingPage): string[] => objects.map(({ key }) => key);

  it('lists nothing in an empty bucket', async () => {
    const client = await withKeys();
    expect(await list(client, 'list-type=2')).toEqual({
      objects: [],
      commonPrefixes: [],
      isTruncated: false,
    });
  });

  it('lists keys in the order of their UTF-8 bytes', async () => {
    const keys = ['', 'A', '_', 'a', 'a ', 'a/', 'a0', 'é', '\u{FFFD}', '😀'].map((key) => `k${key}`);
    const client = await withKeys(...[...keys].reverse());
    expect(keysOf(await list(client, 'list-type=2'))).toEqual(keys);
    expect(keysOf(await list(client, ''))).toEqual(keys);
  });

  it('lists what each object is', async () => {
    const client = await withKeys('key');
    const { headers } = await client.ask('HEAD', 'key');
    const [object] = (await list(client, 'list-type=2')).objects;
    expect(object).toMatchObject({ key: 'key', size: 3, etag: headers.etag, storageClass: 'STANDARD' });
    const seconds = Date.parse(headers['last-modified'] ?? '') / 1000;
    expect(Math.floor(Date.parse(object?.lastModified ?? '') / 1000)).toBe(seconds);
  });

  it('lists the keys with a prefix', async () => {
    const client = await withKeys('a', 'b', 'b/1', 'b/2', 'ba', 'c');
    expect(keysOf(await list(client, 'list-type=2&prefix=b'))).toEqual(['b', 'b/1', 'b/2', 'ba']);
    expect(keysOf(await list(client, 'prefix=b%2F'))).toEqual(['b/1', 'b/2']);
    expect(keysOf(await list(client, 'prefix=d'))).toEqual([]);
  });

  it('rolls keys up into common prefixes', async () => {
    const client = await withKeys('a', 'b/1', 'b/2/3', 'c', 'd/');
    const page = await list(client, 'list-type=2&delimiter=%2F');
    expect([keysOf(page), page.commonPrefixes]).toEqual([
      ['a', 'c'],
      ['b/', 'd/'],
    ]);
    const below = await list(client, 'delimiter=%2F&prefix=b%2F');
    expect([keysOf(below), below.commonPrefixes]).toEqual([['b/1'], ['b/2/']]);
  });

  it('takes a delimiter of several characters', async () => {
    const client = await withKeys('a--b', 'a-b', 'a--c', 'é--1');
    const page = await list(client, 'list-type=2&delimiter=--');
    expect([keysOf(page), page.commonPrefixes]).toEqual([['a-b'], ['a--', 'é--']]);
  });

  it('pages through everything, version 2, with and without a delimiter', async () => {
    const client = await withKeys('a', 'b/1', 'b/2', 'c', 'd/1', 'e', '😀/1', '😀/2');
    expect(await client.keys('max-keys=2&')).toEqual(['a', 'b/1', 'b/2', 'c', 'd/1', 'e', '😀/1', '😀/2']);
    const entries: string[] = [];
    let token: string | undefined;
    do {
      const query = token === undefined ? '' : `&continuation-token=${encodeURIComponent(token)}`;
      const page = await list(client, `list-type=2&delimiter=%2F&max-keys=1${query}`);
      entries.push(...keysOf(page), ...page.commonPrefixes);
      token = page.nextContinuationToken;
      expect(page.isTruncated).toBe(token !== undefined);
    } while (token !== undefined);
    expect(entries).toEqual(['a', 'b/', 'c', 'd/', 'e', '😀/']);
  });

  it('pages through everything, version 1, by marker', async () => {
    const client = await withKeys('a', 'b/1', 'b/2', 'c', 'd/1', 'e');
    const first = await list(client, 'max-keys=3');
    expect([keysOf(first), first.isTruncated]).toEqual([['a', 'b/1', 'b/2'], true]);
    const second = await list(client, 'max-keys=3&marker=b%2F2');
    expect([keysOf(second), second.isTruncated]).toEqual([['c', 'd/1', 'e'], false]);
  });

  it('names the next marker of version 1 when there is a delimiter', async () => {
    const client = await withKeys('a', 'b/1', 'b/2', 'c');
    const first = await list(client, 'max-keys=2&delimiter=%2F');
    expect([keysOf(first), first.commonPrefixes, first.nextMarker]).toEqual([['a'], ['b/'], 'b/']);
    const second = await list(client, 'max-keys=2&delimiter=%2F&marker=b%2F');
    expect([keysOf(second), second.commonPrefixes]).toEqual([['c'], []]);
  });

  it('does not say that a page is cut when it holds all', async () => {
    const client = await withKeys('a', 'b');
    expect((await list(client, 'list-type=2&max-keys=2')).isTruncated).toBe(false);
    expect((await list(client, 'list-type=2&max-keys=1')).isTruncated).toBe(true);
  });

  it('begins after a key, there or not', async () => {
    const client = await withKeys('a', 'b', 'c');
    expect(keysOf(await list(client, 'list-type=2&start-after=a'))).toEqual(['b', 'c']);
    expect(keysOf(await list(client, 'list-type=2&start-after=aa'))).toEqual(['b', 'c']);
    expect(keysOf(await list(client, 'marker=b'))).toEqual(['c']);
    expect(keysOf(await list(client, 'list-type=2&start-after=z'))).toEqual([]);
  });

  it('lists nothing when no keys are asked for', async () => {
    const client = await withKeys('a');
    const page = await list(client, 'list-type=2&max-keys=0');
    expect([keysOf(page), page.isTruncated]).toEqual([[], false]);
  });

  it('answers without encoding too', async () => {
    const client = await withKeys('a b&c<d>');
    const { text } = await client.ask('GET', '', { query: 'list-type=2' });
    expect(keysOf(readListing(text))).toEqual(['a b&c<d>']);
  });

  it('tells the owner of objects in version 1, and in version 2 when asked', async () => {
    const client = await withKeys('a');
    expect((await list(client, '')).objects[0]?.owner).toBeDefined();
    expect((await list(client, 'list-type=2&fetch-owner=true')).objects[0]?.owner).toBeDefined();
    expect((await list(client, 'list-type=2')).objects[0]?.owner).toBeUndefined();
  });

  it('refuses parameters that are none', async () => {
    const client = await withKeys('a');
    expectError(await client.ask('GET', '', { query: 'list-type=2&max-keys=many' }), 400, 'InvalidArgument');
  });

  it('lists more keys than a page has', async () => {
    const client = await scene.bucket();
    const keys = Array.from({ length: 1005 }, (_, index) => `key-${String(index).padStart(4, '0')}`);
    for (let at = 0; at < keys.length; at += 100) {
      await Promise.all(keys.slice(at, at + 100).map((key) => client.put(key, '')));
    }
    const first = await list(client, 'list-type=2&max-keys=5000');
    expect([first.objects.length, first.isTruncated]).toEqual([1000, true]);
    expect(await client.keys()).toEqual(keys);
  });

  it('lists each object as the null version of its key', async () => {
    const client = await withKeys('a', 'b/1', 'b/2', 'c');
    const { text } = await client.ask('GET', '', { query: 'versions&encoding-type=url&max-keys=3' });
    const page = readVersions(text);
    expect(page.versions.map(({ key, versionId, isLatest }) => [key, versionId, isLatest])).toEqual([
      ['a', 'null', true],
      ['b/1', 'null', true],
      ['b/2', 'null', true],
    ]);
    expect([page.isTruncated, page.nextKeyMarker]).toEqual([true, 'b/2']);
    const next = await client.ask('GET', '', { query: 'versions&encoding-type=url&key-marker=b%2F2' });
    expect(readVersions(next.text).versions.map(({ key }) => key)).toEqual(['c']);
  });
}

import { expect, it } from 'vitest';
import { readTagging, type Tag, writeTagging } from '../../../src/s3/xml/tagging.js';
import type { StoreClient } from '../../support/store-client.js';
import { expectError, type Scene } from './scene.js';

const BLUE: Tag = ['color', 'dark blue & ü'];

export function taggingCases(scene: Scene): void {
  const tagsOf = async (client: StoreClient, key: string) =>
    readTagging((await client.ask('GET', key, { query: 'tagging' })).text);

  it('gives an object no tags unless it was told some', async () => {
    const client = await scene.bucket();
    await client.put('key', 'text');
    expect(await tagsOf(client, 'key')).toEqual([]);
  });

  it('takes tags with the object, and counts them', async () => {
    const client = await scene.bucket();
    await client.put('key', 'text', { 'x-amz-tagging': 'color=dark%20blue&size=big' });
    expect(await tagsOf(client, 'key')).toEqual([
      ['color', 'dark blue'],
      ['size', 'big'],
    ]);
    expect((await client.ask('GET', 'key')).headers['x-amz-tagging-count']).toBe('2');
  });

  it('sets, replaces and deletes the tags of an object', async () => {
    const client = await scene.bucket();
    const { headers } = await client.put('key', 'text');
    const set = (tags: Tag[]) => client.ask('PUT', 'key', { query: 'tagging', body: writeTagging(tags) });
    expect((await set([BLUE])).status).toBe(200);
    expect(await tagsOf(client, 'key')).toEqual([BLUE]);
    await set([['size', '']]);
    expect(await tagsOf(client, 'key')).toEqual([['size', '']]);
    expect((await client.ask('DELETE', 'key', { query: 'tagging' })).status).toBe(204);
    expect(await tagsOf(client, 'key')).toEqual([]);
    const head = await client.ask('HEAD', 'key');
    expect([head.headers.etag, head.headers['x-amz-tagging-count']]).toEqual([headers.etag, undefined]);
    expect(await client.text('key')).toBe('text');
  });

  it('replaces the tags with the object', async () => {
    const client = await scene.bucket();
    await client.put('key', 'text', { 'x-amz-tagging': 'color=blue' });
    await client.put('key', 'text');
    expect(await tagsOf(client, 'key')).toEqual([]);
  });

  it('refuses tags that are none, and keeps those it has', async () => {
    const client = await scene.bucket();
    await client.put('key', 'text', { 'x-amz-tagging': 'color=blue' });
    const long: Tag = ['k'.repeat(129), 'v'];
    const refused = await client.ask('PUT', 'key', { query: 'tagging', body: writeTagging([long]) });
    expectError(refused, 400, 'InvalidTag');
    expectError(await client.ask('PUT', 'key', { query: 'tagging', body: '<Tag' }), 400, 'MalformedXML');
    expect(await tagsOf(client, 'key')).toEqual([['color', 'blue']]);
  });

  it('has no tags of a key that is not there', async () => {
    const client = await scene.bucket();
    expectError(await client.ask('GET', 'missing', { query: 'tagging' }), 404, 'NoSuchKey');
    const body = writeTagging([BLUE]);
    expectError(await client.ask('PUT', 'missing', { query: 'tagging', body }), 404, 'NoSuchKey');
  });
}

import { expect, it } from 'vitest';
import { readDeleteResult, writeDelete } from '../../../src/s3/xml/delete.js';
import { expectError, type Scene } from './scene.js';

export function deletionCases(scene: Scene): void {
  it('deletes an object', async () => {
    const client = await scene.bucket();
    await client.put('key', 'text');
    const { status, text } = await client.ask('DELETE', 'key');
    expect([status, text]).toEqual([204, '']);
    expect(await client.text('key')).toBeUndefined();
    expect(await client.keys()).toEqual([]);
  });

  it('answers 204 also when there is nothing to delete', async () => {
    const client = await scene.bucket();
    expect((await client.ask('DELETE', 'missing')).status).toBe(204);
  });

  it('deletes one key and not its neighbours', async () => {
    const client = await scene.bucket();
    for (const key of ['a', 'a/', 'a/b', 'ab']) await client.put(key, key);
    await client.ask('DELETE', 'a/');
    expect(await client.keys()).toEqual(['a', 'a/b', 'ab']);
  });

  it('deletes the keys of a batch, there or not, and says so of each', async () => {
    const client = await scene.bucket();
    for (const key of ['a', 'b/', '😀', 'stays']) await client.put(key, key);
    const objects = ['a', 'b/', '😀', 'missing'].map((key) => ({ key }));
    const { status, text } = await client.ask('POST', '', {
      query: 'delete',
      body: writeDelete({ objects, quiet: false }),
    });
    expect(status).toBe(200);
    const { deleted, errors } = readDeleteResult(text);
    expect(deleted.map(({ key }) => key).sort()).toEqual(objects.map(({ key }) => key).sort());
    expect(errors).toEqual([]);
    expect(await client.keys()).toEqual(['stays']);
  });

  it('says nothing of what went well when asked to be quiet', async () => {
    const client = await scene.bucket();
    await client.put('a', 'text');
    const body = writeDelete({ objects: [{ key: 'a' }], quiet: true });
    const { text } = await client.ask('POST', '', { query: 'delete', body });
    expect(readDeleteResult(text)).toEqual({ deleted: [], errors: [] });
    expect(await client.keys()).toEqual([]);
  });

  it('deletes a thousand keys at once', async () => {
    const client = await scene.bucket();
    const objects = Array.from({ length: 1000 }, (_, index) => ({ key: `key-${index}` }));
    await client.put('key-7', 'text');
    const { text } = await client.ask('POST', '', {
      query: 'delete',
      body: writeDelete({ objects, quiet: false }),
    });
    expect(readDeleteResult(text).deleted).toHaveLength(1000);
    expect(await client.keys()).toEqual([]);
  });

  it('refuses a batch that is no XML', async () => {
    const client = await scene.bucket();
    await client.put('a', 'text');
    for (const body of ['<Delete><Object><Key>a</Key></Object>', 'a']) {
      expectError(await client.ask('POST', '', { query: 'delete', body }), 400, 'MalformedXML');
    }
    expect(await client.keys()).toEqual(['a']);
  });

  scene.when('ifMatchOnDelete')('tells which objects of a batch were not the ones seen', async () => {
    const client = await scene.bucket();
    await client.put('a', 'text');
    const { headers } = await client.put('b', 'text');
    const objects = [
      { key: 'a', etag: '"other"' },
      { key: 'b', etag: headers.etag ?? '' },
    ];
    const body = writeDelete({ objects, quiet: false });
    const result = readDeleteResult((await client.ask('POST', '', { query: 'delete', body })).text);
    expect(result.deleted.map(({ key }) => key)).toEqual(['b']);
    expect(result.errors.map(({ key, code }) => [key, code])).toEqual([['a', 'PreconditionFailed']]);
    expect(await client.keys()).toEqual(['a']);
  });
}

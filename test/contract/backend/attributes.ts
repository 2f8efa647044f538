import { expect, it } from 'vitest';
import { expectError, putInParts, type Scene } from './scene.js';

const ATTRIBUTES = { 'x-amz-object-attributes': 'ETag,ObjectSize,StorageClass,ObjectParts' };

export function attributeCases(scene: Scene): void {
  const test = scene.when('attributes');

  test('tells the attributes that are asked for, and no others', async () => {
    const client = await scene.bucket();
    const { headers } = await client.put('key', 'text');
    const { status, text } = await client.ask('GET', 'key', { query: 'attributes', headers: ATTRIBUTES });
    expect(status).toBe(200);
    expect(text).toContain(`<ETag>${headers.etag?.replaceAll('"', '')}</ETag>`);
    expect(text).toContain('<ObjectSize>4</ObjectSize>');
    expect(text).toContain('<StorageClass>STANDARD</StorageClass>');
    const size = { 'x-amz-object-attributes': 'ObjectSize' };
    expect((await client.ask('GET', 'key', { query: 'attributes', headers: size })).text).not.toContain(
      'ETag',
    );
  });

  test('tells the parts of an object that was uploaded in parts', async () => {
    const client = await scene.bucket();
    const size = scene.capabilities.minPartSize;
    await putInParts(client, 'key', [Buffer.alloc(size), 'last']);
    const { text } = await client.ask('GET', 'key', { query: 'attributes', headers: ATTRIBUTES });
    expect(text).toContain('<PartsCount>2</PartsCount>');
    expect(text).toContain(`<Part><PartNumber>1</PartNumber><Size>${size}</Size></Part>`);
  });

  test('refuses an attribute that there is not', async () => {
    const client = await scene.bucket();
    await client.put('key', 'text');
    const headers = { 'x-amz-object-attributes': 'ETag,Color' };
    expectError(await client.ask('GET', 'key', { query: 'attributes', headers }), 400, 'InvalidArgument');
  });

  it('says that the owner of a bucket and its objects may do everything', async () => {
    const client = await scene.bucket();
    await client.put('key', 'text');
    for (const key of ['', 'key']) {
      const { status, text } = await client.ask('GET', key, { query: 'acl' });
      expect(status).toBe(200);
      expect(text).toContain('<Permission>FULL_CONTROL</Permission>');
    }
    expectError(await client.ask('GET', 'missing', { query: 'acl' }), 404, 'NoSuchKey');
  });
}

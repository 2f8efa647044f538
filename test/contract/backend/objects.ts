import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { S3Error } from '../../../src/s3/errors.js';
import { expectError, type Scene } from './scene.js';

const KEYS = [
  'a//b',
  './x',
  '../y',
  'a%2Fb',
  'a+b c',
  'ü/😀',
  'slash/',
  '~!*\'()"&<>',
  '?query#',
  '\u{FFFD}z',
];

const SYSTEM_METADATA = {
  'cache-control': 'max-age=60',
  'content-disposition': 'attachment; filename="f.txt"',
  'content-encoding': 'identity',
  'content-language': 'de',
  'content-type': 'text/plain; charset=utf-8',
  expires: 'Wed, 21 Oct 2026 07:28:00 GMT',
};

export function objectCases(scene: Scene): void {
  const expectETag = (etag: string | undefined, bytes: Buffer | string) =>
    scene.capabilities.digestETags
      ? expect(etag).toBe(`"${createHash('md5').update(bytes).digest('hex')}"`)
      : expect(etag).toMatch(/^".+"$/);

  it('gives back what was put, with its MD5 as ETag where that is a digest', async () => {
    const client = await scene.bucket();
    const put = await client.put('key', 'text');
    expectETag(put.headers.etag, 'text');
    const { status, text, headers } = await client.ask('GET', 'key');
    expect([status, text, headers.etag, headers['content-length']]).toEqual([
      200,
      'text',
      put.headers.etag,
      '4',
    ]);
  });

  it('gives back an empty object', async () => {
    const client = await scene.bucket();
    await client.put('empty', '');
    const { status, text, headers } = await client.ask('GET', 'empty');
    expect([status, text, headers['content-length']]).toEqual([200, '', '0']);
    expectETag(headers.etag, '');
  });

  it.each([1, 16 * 1024, 16 * 1024 + 1, 1_000_000])('gives back %i bytes unchanged', async (size) => {
    const client = await scene.bucket();
    const bytes = randomBytes(size);
    expectETag((await client.put('key', bytes)).headers.etag, bytes);
    expect((await client.ask('GET', 'key')).body.equals(bytes)).toBe(true);
  });

  it('takes a body that is a stream', async () => {
    const client = await scene.bucket();
    const bytes = randomBytes(300_000);
    const headers = { 'content-length': String(bytes.length) };
    const body = Readable.from([bytes.subarray(0, 10), bytes.subarray(10)], { objectMode: false });
    expect((await client.ask('PUT', 'key', { body, headers })).status).toBe(200);
    expect((await client.ask('GET', 'key')).body.equals(bytes)).toBe(true);
  });

  it('answers a broken body with its error, and stores nothing', async () => {
    const client = await scene.bucket();
    for (const size of [100, 100_000]) {
      const headers = { 'content-length': String(size) };
      const { status } = await client.ask('PUT', 'key', { body: breaking(size), headers }).catch(broken);
      expect(status).toBeGreaterThanOrEqual(400);
      expectError(await client.ask('GET', 'key'), 404, 'NoSuchKey');
    }
  });

  it('keeps the old object when the body of the new one breaks', async () => {
    const client = await scene.bucket();
    await client.put('key', 'old');
    const headers = { 'content-length': '100000' };
    await client.ask('PUT', 'key', { body: breaking(100_000), headers }).catch(broken);
    expect(await client.text('key')).toBe('old');
  });

  it('replaces an object with the next one, small by large and large by small', async () => {
    const client = await scene.bucket();
    const large = randomBytes(100_000);
    for (const body of [Buffer.from('a'), large, Buffer.from('b'), large]) {
      await client.put('key', body);
      expect((await client.ask('GET', 'key')).body.equals(body)).toBe(true);
    }
  });

  it('answers HEAD with what GET has, and no body', async () => {
    const client = await scene.bucket();
    await client.put('key', 'text', { 'content-type': 'text/css', 'x-amz-meta-a': 'b' });
    const get = await client.ask('GET', 'key');
    const head = await client.ask('HEAD', 'key');
    expect([head.status, head.text]).toEqual([200, '']);
    for (const name of ['etag', 'last-modified', 'content-length', 'content-type', 'x-amz-meta-a']) {
      expect(head.headers[name]).toBe(get.headers[name]);
    }
  });

  it('answers a missing key with NoSuchKey, and HEAD of it with 404 and no body', async () => {
    const client = await scene.bucket();
    expectError(await client.ask('GET', 'missing'), 404, 'NoSuchKey');
    const head = await client.ask('HEAD', 'missing');
    expect([head.status, head.text]).toEqual([404, '']);
  });

  it.each(KEYS)('keeps the key %s as it is', async (key) => {
    const client = await scene.bucket();
    expect((await client.put(key, key)).status).toBe(200);
    expect(await client.text(key)).toBe(key);
    expect(await client.keys()).toEqual([key]);
  });

  it('tells keys apart that a path would confuse', async () => {
    const client = await scene.bucket();
    const keys = ['a', 'a/', 'a//', 'a/.', 'a/../a', './a'];
    for (const key of keys) await client.put(key, key);
    for (const key of keys) expect(await client.text(key)).toBe(key);
  });

  it('keeps a key of 1,024 bytes', async () => {
    const client = await scene.bucket();
    const key = 'ü'.repeat(512);
    await client.put(key, 'long');
    expect(await client.text(key)).toBe('long');
    expect(await client.keys()).toEqual([key]);
  });

  it('says when the object was written, in whole seconds', async () => {
    const client = await scene.bucket();
    await client.put('key', 'text');
    const { headers } = await client.ask('GET', 'key');
    expect(headers['last-modified']).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    expect(headers['accept-ranges']).toBe('bytes');
  });

  it('keeps the system metadata', async () => {
    const client = await scene.bucket();
    await client.put('key', 'text', SYSTEM_METADATA);
    expect((await client.ask('GET', 'key')).headers).toMatchObject(SYSTEM_METADATA);
  });

  it.each(['text', ''])(
    'refuses %j when it is not what its Content-MD5 says, and keeps what was there',
    async (body) => {
      const client = await scene.bucket();
      await client.put('key', 'before');
      const headers = { 'content-md5': createHash('md5').update('other').digest('base64') };
      expectError(await client.ask('PUT', 'key', { body, headers }), 400, 'BadDigest');
      expect(await client.text('key')).toBe('before');
    },
  );

  it('gives an object without a type the type of bytes', async () => {
    const client = await scene.bucket();
    await client.put('key', 'text');
    expect((await client.ask('GET', 'key')).headers['content-type']).toMatch(/octet-stream$/);
  });

  it('keeps user metadata, and replaces it with the object', async () => {
    const client = await scene.bucket();
    await client.put('key', 'one', { 'x-amz-meta-first': '1', 'x-amz-meta-both': 'one' });
    await client.put('key', 'two', { 'x-amz-meta-both': 'two' });
    const { headers } = await client.ask('HEAD', 'key');
    expect([headers['x-amz-meta-first'], headers['x-amz-meta-both']]).toEqual([undefined, 'two']);
  });

  scene.when('metadataLimit')('refuses more than 2 KiB of user metadata', async () => {
    const client = await scene.bucket();
    const name = 'x-amz-meta-name';
    expect((await client.put('key', 'text', { [name]: 'x'.repeat(2044) })).status).toBe(200);
    expectError(await client.put('key', 'no', { [name]: 'x'.repeat(2045) }), 400, 'MetadataTooLarge');
    expect(await client.text('key')).toBe('text');
  });

  it('answers with the headers that the query asks for instead', async () => {
    const client = await scene.bucket();
    await client.put('key', 'text', { 'content-type': 'text/plain' });
    const query =
      'response-content-type=text%2Fcsv&response-content-disposition=inline&response-cache-control=no-store';
    const { headers } = await client.ask('GET', 'key', { query });
    expect(headers).toMatchObject({
      'content-type': 'text/csv',
      'content-disposition': 'inline',
      'cache-control': 'no-store',
    });
    expect((await client.ask('GET', 'key')).headers['content-type']).toBe('text/plain');
  });

  scene.when('refusesUnsupported')('refuses protection that it cannot give', async () => {
    const client = await scene.bucket();
    for (const headers of [
      { 'x-amz-server-side-encryption': 'aws:kms', 'x-amz-server-side-encryption-aws-kms-key-id': 'k' },
      { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' },
      { 'x-amz-object-lock-mode': 'COMPLIANCE' },
      { 'x-amz-object-lock-legal-hold': 'ON' },
    ]) {
      expectError(await client.put('key', 'text', headers), 501, 'NotImplemented');
    }
    expectError(
      await client.put('key', 'text', { 'x-amz-acl': 'public-read' }),
      400,
      'AccessControlListNotSupported',
    );
    expectError(await client.ask('GET', 'key'), 404, 'NoSuchKey');
  });

  it('takes an ACL that says what is so anyway', async () => {
    const client = await scene.bucket();
    expect((await client.put('key', 'text', { 'x-amz-acl': 'private' })).status).toBe(200);
    expect((await client.put('key', 'text', { 'x-amz-acl': 'bucket-owner-full-control' })).status).toBe(200);
  });

  scene.when('refusesUnsupported')(
    'knows the storage classes, and keeps all but the standard one',
    async () => {
      const client = await scene.bucket();
      await client.put('key', 'text', { 'x-amz-storage-class': 'STANDARD_IA' });
      expect((await client.ask('HEAD', 'key')).headers['x-amz-storage-class']).toBe('STANDARD_IA');
      await client.put('key', 'text', { 'x-amz-storage-class': 'STANDARD' });
      expect((await client.ask('HEAD', 'key')).headers['x-amz-storage-class']).toBeUndefined();
      expectError(
        await client.put('key', 'no', { 'x-amz-storage-class': 'ICE' }),
        400,
        'InvalidStorageClass',
      );
    },
  );

  it('reads the null version and no other', async () => {
    const client = await scene.bucket();
    await client.put('key', 'text');
    expect((await client.ask('GET', 'key', { query: 'versionId=null' })).text).toBe('text');
    const other = await client.ask('GET', 'key', { query: 'versionId=3HL4kqtJvjVBH40Nrjfkd' });
    expect(other.status).toBe(404);
  });

  it('writes many objects at the same time', async () => {
    const client = await scene.bucket();
    const names = Array.from({ length: 40 }, (_, index) => `key-${String(index).padStart(2, '0')}`);
    await Promise.all(names.map((name) => client.put(name, name.repeat(index(name)))));
    for (const name of names) expect(await client.text(name)).toBe(name.repeat(index(name)));
    expect(await client.keys()).toEqual(names);
  });

  it('leaves one whole object when several are written to one key at the same time', async () => {
    const client = await scene.bucket();
    const bodies = Array.from({ length: 8 }, (_, index) => String(index).repeat(50_000));
    await Promise.all(bodies.map((body) => client.put('key', body)));
    expect(bodies).toContain(await client.text('key'));
  });

  it('reads on what a reader opened, though it is replaced and deleted', async () => {
    const client = await scene.bucket();
    const bytes = randomBytes(3_000_000);
    await client.put('key', bytes);
    const { body } = await client.open('GET', 'key');
    await client.put('key', 'new');
    await client.ask('DELETE', 'key');
    expect((await collect(body)).equals(bytes)).toBe(true);
  });
}

const index = (name: string): number => Number(name.slice(4)) * 30 + 1;

async function collect(
  body: Awaited<ReturnType<ReturnType<Scene['client']>['open']>>['body'],
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of Buffer.isBuffer(body) ? [body] : (body ?? [])) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A body whose verification fails just before its end. */
function breaking(size: number): Readable {
  async function* bytes(): AsyncGenerator<Buffer> {
    yield Buffer.alloc(size - 1);
    throw new S3Error('BadDigest');
  }
  return Readable.from(bytes(), { objectMode: false });
}

/** A remote store has no answer to give; it rejects. */
const broken = (): { status: number } => ({ status: 500 });

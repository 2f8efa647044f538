import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { encryption } from '../../../src/filters/encryption/encryption.js';
import { CHUNK, storedSize } from '../../../src/filters/encryption/format.js';
import { createChecksum } from '../../../src/s3/checksums.js';
import { formatCopySource } from '../../../src/s3/copy-source.js';
import type { S3Request } from '../../../src/s3/message.js';
import { readListing } from '../../../src/s3/xml/listing.js';
import { readListParts } from '../../../src/s3/xml/parts.js';
import { readListUploads } from '../../../src/s3/xml/uploads.js';
import { readVersions } from '../../../src/s3/xml/versions.js';
import { systemClock } from '../../../src/system/clock.js';
import {
  completeUpload,
  expectError,
  putInParts,
  startUpload,
  uploadPart,
} from '../../contract/backend/scene.js';
import { StoreClient } from '../../support/store-client.js';
import { encrypting, testKey } from './encrypting.js';
import { openVault } from './vault.js';

const crc32 = (bytes: Buffer | string): string => {
  const checksum = createChecksum('crc32');
  checksum.update(Buffer.from(bytes));
  return checksum.digest();
};

it('gives the backend nothing of the plaintext, and never the same twice', async () => {
  const { client, raw } = await openVault();
  const text = 'a secret that repeats itself; '.repeat(10_000);
  await client.put('one', text);
  await putInParts(client, 'two', [Buffer.alloc(CHUNK, 'secret'), 'secret']);
  const stored = (await raw.ask('GET', 'one')).body;
  expect(stored.length).toBe(storedSize(text.length));
  for (const key of ['one', 'two']) expect((await raw.ask('GET', key)).body.includes('secret')).toBe(false);
  await client.put('one', text);
  const again = (await raw.ask('GET', 'one')).body;
  for (let at = 0; at < stored.length; at += 4096) {
    expect(again.subarray(at, at + 32).equals(stored.subarray(at, at + 32))).toBe(false);
  }
});

it('shows the size of the plaintext and one ETag everywhere', async () => {
  const { client } = await openVault();
  const put = await client.put('key', Buffer.alloc(CHUNK + 1));
  await putInParts(client, 'parts', [Buffer.alloc(CHUNK), 'last']);
  await client.put('empty', '');
  for (const [key, size] of [
    ['key', CHUNK + 1],
    ['parts', CHUNK + 4],
    ['empty', 0],
  ] as const) {
    const head = await client.ask('HEAD', key);
    const get = await client.ask('GET', key);
    expect([head.headers['content-length'], get.headers['content-length']]).toEqual([`${size}`, `${size}`]);
    const expected = { key, size, etag: head.headers.etag };
    expect(get.headers.etag).toBe(head.headers.etag);
    for (const query of [`prefix=${key}`, `list-type=2&prefix=${key}`]) {
      expect(readListing((await client.ask('GET', '', { query })).text).objects[0]).toMatchObject(expected);
    }
    const versions = await client.ask('GET', '', { query: `versions&prefix=${key}` });
    expect(readVersions(versions.text).versions[0]).toMatchObject(expected);
    const asked = { 'x-amz-object-attributes': 'ETag,ObjectSize,ObjectParts' };
    const attributes = await client.ask('GET', key, { query: 'attributes', headers: asked });
    expect(attributes.text).toContain(`<ObjectSize>${size}</ObjectSize>`);
  }
  expect((await client.ask('HEAD', 'key')).headers.etag).toBe(put.headers.etag);
  expect(put.headers['x-amz-server-side-encryption']).toBe('aws:kms');
});

it('encrypts for a gateway that encrypts, too, and whose metadata it keeps', async () => {
  const { store, raw } = await openVault();
  const inner = encrypting({ keys: [testKey('inner', 2)] });
  const middle = encryption({ mode: 'none' }, { backend: 'middle', clock: systemClock });
  const outer = encrypting({ keys: [testKey('outer', 3)] });
  const nested = new StoreClient(outer(middle(inner(inner(store)))), 'bucket');
  await nested.put('key', 'text');
  expect(await nested.text('key')).toBe('text');
  expect((await raw.ask('GET', 'key')).body).toHaveLength(4 + 3 * 48);
  const between = new StoreClient(middle(inner(inner(store))), 'bucket');
  expectError(await between.ask('GET', 'key'), 403, 'InvalidObjectState');
});

it('hides its own metadata, and keeps what clients call so apart from it', async () => {
  const { client, raw } = await openVault();
  const own = { 'x-amz-meta-penumbra-encryption': '1 k9', 'x-amz-meta-penumbra-encryption-checksum': 'x y' };
  await client.put('key', 'text', { ...own, 'x-amz-meta-kept': 'yes' });
  expect(await client.text('key')).toBe('text');
  const { etag = '', ...shown } = (await client.ask('HEAD', 'key')).headers;
  const unmodified = (await client.ask('GET', 'key', { headers: { 'if-none-match': etag } })).headers;
  for (const headers of [shown, unmodified]) {
    expect(headers).not.toHaveProperty('x-amz-meta-outer-penumbra-encryption');
    expect(headers['x-amz-meta-penumbra-encryption'] ?? '1 k9').toBe('1 k9');
  }
  expect(shown).toMatchObject({ ...own, 'x-amz-meta-kept': 'yes' });
  expect((await raw.ask('HEAD', 'key')).headers['x-amz-meta-penumbra-encryption']).toMatch(/^1 k1 /);
});

it.each([10, CHUNK, 3 * CHUNK + 1])(
  'stores nothing of %i bytes that are not what their checksums say',
  async (size) => {
    const { client, raw } = await openVault();
    const bytes = randomBytes(size);
    const wrong = [
      { 'content-md5': createHash('md5').update('other').digest('base64') },
      { 'x-amz-checksum-crc32': crc32('other') },
    ];
    for (const headers of wrong) {
      for (const body of [
        bytes,
        Readable.from([bytes.subarray(0, 5), bytes.subarray(5)], { objectMode: false }),
      ]) {
        const length = { 'content-length': String(size) };
        expectError(
          await client.ask('PUT', 'key', { body, headers: { ...headers, ...length } }),
          400,
          'BadDigest',
        );
      }
    }
    expect(await raw.keys()).toEqual([]);
  },
);

it('keeps the checksum that came with an object, also for its copy', async () => {
  const { client } = await openVault();
  await client.put('key', 'text', { 'x-amz-checksum-crc32': crc32('text') });
  const headers = { 'x-amz-copy-source': formatCopySource({ bucket: 'bucket', key: 'key' }) };
  expect((await client.ask('PUT', 'copy', { headers })).status).toBe(200);
  for (const key of ['key', 'copy']) {
    const head = await client.ask('HEAD', key, { headers: { 'x-amz-checksum-mode': 'ENABLED' } });
    expect(head.headers['x-amz-checksum-crc32']).toBe(crc32('text'));
  }
});

it('answers a checksum that came after the body, and does not send it on', async () => {
  const { store } = await openVault();
  const value = { 'x-amz-checksum-crc32': crc32('text') };
  const sent: S3Request[] = [];
  const service = encrypting()((request) => {
    sent.push(request);
    return store(request);
  });
  const answer = await service({
    operation: 'PutObject',
    method: 'PUT',
    bucket: 'bucket',
    key: 'key',
    query: [],
    headers: { 'content-length': '4' },
    body: Readable.from([Buffer.from('text')]),
    announcedTrailer: 'x-amz-checksum-crc32',
    trailers: () => value,
    signal: new AbortController().signal,
  });
  expect(answer.headers).toMatchObject(value);
  expect(sent[0]).not.toHaveProperty('announcedTrailer');
  expect(sent[0]).not.toHaveProperty('trailers');
});

const LAYOUTS: [name: string, parts: [number, number][]][] = [
  [
    'that are no whole chunks',
    [
      [1, CHUNK + 1],
      [2, 5],
    ],
  ],
  [
    'of several sizes',
    [
      [1, CHUNK],
      [2, 2 * CHUNK],
      [3, 5],
    ],
  ],
  [
    'of which the last is the largest',
    [
      [1, CHUNK],
      [2, CHUNK + 1],
    ],
  ],
  [
    'of which a number is missing',
    [
      [1, CHUNK],
      [3, 5],
    ],
  ],
  ['that do not begin with 1', [[2, 5]]],
];

it.each(LAYOUTS)('refuses to complete parts %s, says why, and loses none', async (_, layout) => {
  const { client } = await openVault();
  const upload = { key: 'key', uploadId: await startUpload(client, 'key') };
  const parts: [number, string][] = [];
  for (const [number, size] of layout) {
    parts.push([number, await uploadPart(client, upload, number, Buffer.alloc(size))]);
  }
  const refused = await completeUpload(client, upload, parts);
  expectError(refused, 400, 'InvalidPart');
  expect(refused.text).toContain('a multiple of 65536 bytes');
  const listed = await client.ask('GET', 'key', { query: `uploadId=${upload.uploadId}` });
  expect(readListParts(listed.text).parts.map(({ partNumber, size }) => [partNumber, size])).toEqual(layout);
  const etag = await uploadPart(client, upload, 1, 'again, and better');
  expect((await completeUpload(client, upload, [[1, etag]])).status).toBe(200);
  expect(await client.text('key')).toBe('again, and better');
});

it('goes on with an upload that a client finds in the listing', async () => {
  const { client } = await openVault();
  const uploadId = await startUpload(client, 'key');
  const [listed] = readListUploads((await client.ask('GET', '', { query: 'uploads' })).text).uploads;
  expect(listed?.uploadId).toBe(uploadId);
  const etag = await uploadPart(client, { key: 'key', uploadId }, 1, 'text');
  await completeUpload(client, { key: 'key', uploadId }, [[1, etag]]);
  expect(await client.text('key')).toBe('text');
});

it('reads with the keys of before, writes with the new one, and names a key that it does not have', async () => {
  const { client, raw, under } = await openVault({ keys: [testKey('old', 1)] });
  await client.put('key', 'of before');
  const rotated = under({ keys: [testKey('new', 2), testKey('old', 1)] });
  expect(await rotated.text('key')).toBe('of before');
  await rotated.put('next', 'since');
  expect((await raw.ask('HEAD', 'next')).headers['x-amz-meta-penumbra-encryption']).toMatch(/^1 new /);
  const refused = await client.ask('GET', 'next');
  expectError(refused, 403, 'InvalidObjectState');
  expect(refused.text).toContain(
    'the key &quot;new&quot;, which the backend &quot;vault&quot; does not have',
  );
});

it('reads an upload of which the key was changed in the middle', async () => {
  const { client, under } = await openVault({ keys: [testKey('old', 1)] });
  const rotated = under({ keys: [testKey('new', 2), testKey('old', 1)] });
  const upload = { key: 'key', uploadId: await startUpload(client, 'key') };
  const one = await uploadPart(client, upload, 1, Buffer.alloc(CHUNK, 'a'));
  const two = await uploadPart(rotated, upload, 2, 'b');
  expect(
    (
      await completeUpload(rotated, upload, [
        [1, one],
        [2, two],
      ])
    ).status,
  ).toBe(200);
  expect(await rotated.text('key')).toBe(`${'a'.repeat(CHUNK)}b`);
});

it('leaves the parts of an upload alone that was begun before', async () => {
  const { client, raw, under } = await openVault();
  const upload = { key: 'key', uploadId: await startUpload(raw, 'key') };
  const etag = await uploadPart(client, upload, 1, 'clear');
  expectError(await completeUpload(under({ strict: true }), upload, [[1, etag]]), 404, 'NoSuchUpload');
  expect((await completeUpload(client, upload, [[1, etag]])).status).toBe(200);
  expect([await client.text('key'), await raw.text('key')]).toEqual(['clear', 'clear']);
});

it('does itself what a client asks that KMS should do, but not under a key that the client names', async () => {
  const { client, asked } = await openVault();
  const kms = { 'x-amz-server-side-encryption': 'aws:kms' };
  const { status, headers } = await client.put('key', 'text', kms);
  expect([status, headers['x-amz-server-side-encryption']]).toEqual([200, 'aws:kms']);
  expect(asked.at(-1)?.headers).not.toHaveProperty('x-amz-server-side-encryption');
  await client.put('key', 'text', { ...kms, 'x-amz-server-side-encryption-aws-kms-key-id': 'k' });
  expect(asked.at(-1)?.headers).toMatchObject(kms);
});

it('refuses what the store would do with bytes that it cannot read', async () => {
  const { client } = await openVault();
  await client.put('key', 'a,b');
  expectError(
    await client.ask('POST', 'key', { query: 'select&select-type=2', body: '<x/>' }),
    501,
    'NotImplemented',
  );
  const appending = { 'x-amz-write-offset-bytes': '3' };
  expectError(await client.put('key', 'more', appending), 501, 'NotImplemented');
});

import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseInventoryManifest } from '../../../src/sweep/plan/inventory.js';
import { type ManifestEntry, type ManifestFormat, readManifest } from '../../../src/sweep/plan/manifest.js';

const COLUMNS = [
  'Bucket',
  'Key',
  'VersionId',
  'IsLatest',
  'IsDeleteMarker',
  'Size',
  'LastModifiedDate',
  'ETag',
];

/** In pieces of three bytes, so that nothing is found whole. */
function streamOf(content: string | Buffer): Readable {
  const bytes = Buffer.from(content);
  const pieces = Array.from({ length: Math.ceil(bytes.length / 3) }, (_, at) =>
    bytes.subarray(3 * at, 3 * at + 3),
  );
  return Readable.from(pieces, { objectMode: false });
}

const read = (content: string | Buffer, format: ManifestFormat): Promise<ManifestEntry[]> =>
  all(streamOf(content), format);

async function all(source: Readable, format: ManifestFormat): Promise<ManifestEntry[]> {
  const entries: ManifestEntry[] = [];
  for await (const entry of readManifest(source, { format })) entries.push(entry);
  return entries;
}

const inventory = (...rows: string[][]): string =>
  rows.map((row) => `${row.map((field) => `"${field}"`).join(',')}\n`).join('');

const row = (
  key: string,
  changes: Partial<Record<'IsLatest' | 'IsDeleteMarker' | 'Size', string>> = {},
): string[] => {
  const { IsLatest = 'true', IsDeleteMarker = 'false', Size = '12' } = changes;
  return [
    'photos',
    key,
    'v1',
    IsLatest,
    IsDeleteMarker,
    Size,
    '2026-11-01T00:00:00.000Z',
    'd41d8cd98f00b204',
  ];
};

describe('a list of keys', () => {
  it('has one key per line, as it is', async () => {
    const keys = ['a b+c%20.txt', ' leading and trailing ', '写真/été.jpg', '"quoted",x', 'x'.repeat(1024)];
    expect(await read(`${keys.join('\n')}\n`, 'keys')).toEqual(keys.map((key) => ({ key })));
  });

  it('may come from Windows, begin with a byte order mark, have empty lines, and lack the last line feed', async () => {
    expect(await read('\ufeffone\r\n\r\n\ntwo', 'keys')).toEqual([{ key: 'one' }, { key: 'two' }]);
  });

  it('may be packed by gzip, in several members', async () => {
    const packed = Buffer.concat([gzipSync('one\ntw'), gzipSync('o\n')]);
    expect(await read(packed, 'keys')).toEqual([{ key: 'one' }, { key: 'two' }]);
  });

  it('may be empty', async () => {
    expect(await read('', 'keys')).toEqual([]);
  });

  it.each([
    ['a key that is too long', `one\n${'x'.repeat(1025)}\n`, 'line 2: the key has more than 1024 bytes'],
    ['a line without an end', `one\ntwo\n${'x'.repeat(5000)}`, 'line 3: longer than 1028 bytes'],
    ['bytes that are not UTF-8', Buffer.from([0x61, 0x0a, 0xff, 0x0a]), 'line 2: the key is not UTF-8'],
    [
      'half a gzip file',
      gzipSync('one\ntwo\n'.repeat(500)).subarray(0, 30),
      'not a whole gzip file (Z_BUF_ERROR)',
    ],
  ])('is refused for %s', async (_, content, message) => {
    await expect(read(content, 'keys')).rejects.toThrow(message);
  });

  it('lets go of its source when nobody reads on', async () => {
    const source = streamOf('one\ntwo\nthree\n');
    for await (const { key } of readManifest(source, { format: 'keys' })) {
      expect(key).toBe('one');
      break;
    }
    expect(source.destroyed).toBe(true);
  });

  it('fails with its source', async () => {
    const source = Readable.from(
      (async function* () {
        yield Buffer.from('one\n');
        throw new Error('the store broke off');
      })(),
    );
    await expect(all(source, 'keys')).rejects.toThrow('the store broke off');
  });
});

describe('a file of S3 Inventory', () => {
  const format = { columns: COLUMNS };

  it('tells key, size and ETag, the key decoded', async () => {
    const content = inventory(row('a%2Bb/caf%C3%A9+1.txt'), row('with%22quotes%2C.txt', { Size: '0' }));
    expect(await read(content, format)).toEqual([
      { key: 'a+b/café 1.txt', size: 12, etag: '"d41d8cd98f00b204"' },
      { key: 'with"quotes,.txt', size: 0, etag: '"d41d8cd98f00b204"' },
    ]);
  });

  it('may be packed by gzip', async () => {
    expect(await read(gzipSync(inventory(row('a'))), format)).toMatchObject([{ key: 'a' }]);
  });

  it('leaves out delete markers and versions that are not the latest', async () => {
    const old = row('old', { IsLatest: 'false' });
    const deleted = row('deleted', { IsDeleteMarker: 'true', Size: '' });
    expect(await read(inventory(old, deleted, row('there')), format)).toMatchObject([{ key: 'there' }]);
  });

  it('has keys alone where no more was asked of the inventory', async () => {
    expect(await read(inventory(['photos', 'a']), { columns: ['Bucket', 'Key'] })).toEqual([{ key: 'a' }]);
  });

  it.each([
    [
      'a size that is none',
      inventory(row('a'), row('b', { Size: '-1' })),
      'line 2: Size "-1" is not a number of bytes',
    ],
    ['a key that is not URL-encoded', inventory(row('100%')), 'line 1: Key "100%" is not URL-encoded UTF-8'],
    ['an empty key', inventory(row('')), 'line 1: Key "" is not 1 to 1024 bytes long'],
    ['a row of fewer columns', `${inventory(row('a'))}"photos","b"\n`, 'line 2: not a row of 8 columns'],
    ['a row that does not end', `"photos","${'x'.repeat(20_000)}`, 'line 1: not a row of 8 columns'],
  ])('is refused for %s', async (_, content, message) => {
    await expect(read(content, format)).rejects.toThrow(message);
  });

  it('is refused where no column is the key', async () => {
    await expect(read('', { columns: ['Bucket', 'Size'] })).rejects.toThrow(
      'to have Key among them: Bucket, Size',
    );
  });
});

describe('manifest.json of S3 Inventory', () => {
  const manifest = {
    sourceBucket: 'photos',
    destinationBucket: 'arn:aws:s3:::inventories',
    version: '2016-11-30',
    creationTimestamp: '1514944800000',
    fileFormat: 'CSV',
    fileSchema: 'Bucket, Key, Size, ETag',
    files: [{ key: 'photos/all/data/1.csv.gz', size: 2147, MD5checksum: 'f11166069f1990abeb9c97ace9cdfabc' }],
  };

  it('names the columns and the files', () => {
    const { sourceBucket, files } = manifest;
    const columns = ['Bucket', 'Key', 'Size', 'ETag'];
    expect(parseInventoryManifest(JSON.stringify(manifest))).toEqual({ sourceBucket, columns, files });
  });

  it('is refused for a format that is not CSV, and for what is not JSON', () => {
    expect(() => parseInventoryManifest(JSON.stringify({ ...manifest, fileFormat: 'ORC' }))).toThrow(
      /fileFormat/,
    );
    expect(() => parseInventoryManifest('nothing')).toThrow('manifest.json is not JSON');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../../src/s3/address.js';
import {
  type ListedObject,
  type ListingPage,
  type ListingQuery,
  parseListingQuery,
  readListing,
  writeListing,
} from '../../../src/s3/xml/listing.js';
import { anyETag, anyKey, anyOwner, anyTime } from './arbitrary.js';

const anyObject: fc.Arbitrary<ListedObject> = fc.record(
  {
    key: anyKey,
    lastModified: anyTime,
    etag: anyETag,
    size: fc.maxSafeNat(),
    storageClass: fc.constantFrom('STANDARD', 'GLACIER'),
    owner: anyOwner,
    checksumAlgorithm: fc.constantFrom(['CRC32'], ['CRC32', 'SHA256']),
    checksumType: fc.constantFrom('COMPOSITE', 'FULL_OBJECT'),
  },
  { requiredKeys: ['key', 'lastModified', 'etag', 'size'] },
);

const anyEntries = {
  objects: fc.array(anyObject, { maxLength: 5 }),
  commonPrefixes: fc.array(anyKey, { maxLength: 5 }),
};

const v1: ListingQuery = { version: 1, prefix: '', delimiter: '', maxKeys: 1000, fetchOwner: true };
const v2: ListingQuery = { ...v1, version: 2 };
const empty: ListingPage = { objects: [], commonPrefixes: [], isTruncated: false };

function query(text: string): ListingQuery {
  return parseListingQuery({ query: parseQuery(text) });
}

describe('a listing', () => {
  it.each([undefined, 'url'] as const)('is read as it was written, with encoding-type %s', (encodingType) => {
    const encoding = encodingType ? { encodingType } : {};
    fc.assert(
      fc.property(fc.record(anyEntries), anyKey, (entries, next) => {
        const first = { ...entries, isTruncated: true, nextMarker: next };
        expect(readListing(writeListing('bucket', { ...v1, delimiter: '/', ...encoding }, first))).toEqual(
          first,
        );
        const second = { ...entries, isTruncated: true, nextContinuationToken: next };
        expect(readListing(writeListing('bucket', { ...v2, ...encoding }, second))).toEqual(second);
      }),
      { numRuns: 300 },
    );
  });

  it('of version 2 has the elements of AWS in their order', () => {
    const asked: ListingQuery = {
      ...v2,
      prefix: 'a b/',
      delimiter: '/',
      maxKeys: 2,
      encodingType: 'url',
      continuationToken: 'now==',
      startAfter: 'a&b',
    };
    const object = {
      key: 'a b/+',
      lastModified: '2026-01-02T03:04:05.678Z',
      etag: '"e"',
      size: 7,
      storageClass: 'STANDARD',
      owner: { id: 'o', displayName: 'n' },
      checksumAlgorithm: ['CRC32'],
      checksumType: 'FULL_OBJECT',
    };
    const page = {
      objects: [object],
      commonPrefixes: ['a b/c/'],
      isTruncated: true,
      nextContinuationToken: 'next',
    };
    expect(writeListing('bucket', asked, page)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bucket</Name><Prefix>a%20b/</Prefix>' +
        '<ContinuationToken>now==</ContinuationToken><NextContinuationToken>next</NextContinuationToken>' +
        '<StartAfter>a%26b</StartAfter><KeyCount>2</KeyCount><MaxKeys>2</MaxKeys><Delimiter>/</Delimiter>' +
        '<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>' +
        '<Contents><Key>a%20b/%2B</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified>' +
        '<ETag>&quot;e&quot;</ETag><ChecksumAlgorithm>CRC32</ChecksumAlgorithm>' +
        '<ChecksumType>FULL_OBJECT</ChecksumType><Size>7</Size><Owner><ID>o</ID><DisplayName>n</DisplayName></Owner>' +
        '<StorageClass>STANDARD</StorageClass></Contents>' +
        '<CommonPrefixes><Prefix>a%20b/c/</Prefix></CommonPrefixes></ListBucketResult>',
    );
  });

  it('of version 1 has a marker, no key count, and the next marker only with a delimiter', () => {
    const page = { ...empty, isTruncated: true, nextMarker: 'm' };
    const plain = writeListing('bucket', { ...v1, marker: 'l' }, page);
    expect(plain).toContain('<Prefix></Prefix><Marker>l</Marker><MaxKeys>');
    expect(plain).not.toMatch(/KeyCount|NextMarker|Delimiter/);
    expect(writeListing('bucket', { ...v1, delimiter: '/' }, page)).toContain(
      '<Marker></Marker><NextMarker>m</NextMarker>',
    );
    expect(writeListing('bucket', { ...v1, delimiter: '/' }, empty)).not.toContain('NextMarker');
  });

  it('of version 2 names owners only when asked to', () => {
    const owner = { id: 'o', displayName: 'n' };
    const page = { ...empty, objects: [{ key: 'k', lastModified: '', etag: '', size: 0, owner }] };
    expect(writeListing('bucket', { ...v2, fetchOwner: false }, page)).not.toContain('Owner');
    expect(writeListing('bucket', v2, page)).toContain('<Owner>');
  });

  it('that AWS wrote has spaces as plus signs', () => {
    const xml =
      '<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>' +
      '<CommonPrefixes><Prefix>a+b%2B%28/</Prefix></CommonPrefixes></ListBucketResult>';
    expect(readListing(xml).commonPrefixes).toEqual(['a b+(/']);
  });

  it('without encoding-type has plus signs and percent signs as they are', () => {
    const xml =
      '<ListBucketResult><CommonPrefixes><Prefix>a+b%2B/</Prefix></CommonPrefixes></ListBucketResult>';
    expect(readListing(xml).commonPrefixes).toEqual(['a+b%2B/']);
  });

  it('has times in one form, whatever the store wrote', () => {
    expect(
      readListing(
        contents('<Key>k</Key><LastModified>2026-01-02T04:04:05+01:00</LastModified><Size>1</Size>'),
      ),
    ).toMatchObject({ objects: [{ lastModified: '2026-01-02T03:04:05.000Z' }] });
  });

  it.each([
    ['no key', '<LastModified>2026-01-02T03:04:05Z</LastModified><Size>1</Size>'],
    ['no size', '<Key>k</Key><LastModified>2026-01-02T03:04:05Z</LastModified>'],
    [
      'a size that is no number',
      '<Key>k</Key><LastModified>2026-01-02T03:04:05Z</LastModified><Size>1e3</Size>',
    ],
    [
      'a size beyond what a number holds',
      '<Key>k</Key><LastModified>2026-01-02T03:04:05Z</LastModified><Size>9007199254740993</Size>',
    ],
    ['a time that is none', '<Key>k</Key><LastModified>yesterday</LastModified><Size>1</Size>'],
  ])('is refused with an object that has %s', (_, xml) => {
    expect(() => readListing(contents(xml))).toThrowError(expect.objectContaining({ code: 'MalformedXML' }));
  });

  it('is refused with a name that is not URL-encoded UTF-8', () => {
    const xml =
      '<ListBucketResult><EncodingType>url</EncodingType><CommonPrefixes><Prefix>%ff</Prefix></CommonPrefixes></ListBucketResult>';
    expect(() => readListing(xml)).toThrowError(expect.objectContaining({ code: 'MalformedXML' }));
  });
});

function contents(xml: string): string {
  return `<ListBucketResult><Contents>${xml}</Contents></ListBucketResult>`;
}

describe('parseListingQuery', () => {
  it('has the defaults of S3', () => {
    expect(query('')).toEqual(v1);
    expect(query('list-type=2')).toEqual({ ...v2, fetchOwner: false });
  });

  it('reads every parameter of version 1, and none of version 2', () => {
    const text =
      'prefix=p&delimiter=%2F&max-keys=5&encoding-type=url&marker=m&start-after=s&continuation-token=c';
    expect(query(text)).toEqual({
      version: 1,
      prefix: 'p',
      delimiter: '/',
      maxKeys: 5,
      encodingType: 'url',
      marker: 'm',
      fetchOwner: true,
    });
  });

  it('reads every parameter of version 2, and no marker', () => {
    const text = 'list-type=2&start-after=s&continuation-token=c%3D&fetch-owner=true&marker=m&max-keys=0';
    expect(query(text)).toEqual({
      version: 2,
      prefix: '',
      delimiter: '',
      maxKeys: 0,
      startAfter: 's',
      continuationToken: 'c=',
      fetchOwner: true,
    });
  });

  it('gives at most 1,000 keys', () => {
    expect(query('max-keys=1001').maxKeys).toBe(1000);
    expect(query('max-keys=2147483647').maxKeys).toBe(1000);
    expect(query('max-keys=').maxKeys).toBe(1000);
  });

  it.each([
    ['max-keys=-1', 'max-keys', '-1'],
    ['max-keys=1.5', 'max-keys', '1.5'],
    ['max-keys=many', 'max-keys', 'many'],
    ['max-keys=2147483648', 'max-keys', '2147483648'],
    ['encoding-type=base64', 'encoding-type', 'base64'],
    ['encoding-type=', 'encoding-type', ''],
    ['list-type=1', 'list-type', '1'],
    ['list-type=2&continuation-token=', 'continuation-token', ''],
  ])('refuses %s and says why', (text, name, value) => {
    expect(() => query(text)).toThrowError(
      expect.objectContaining({
        code: 'InvalidArgument',
        fields: { ArgumentName: name, ArgumentValue: value },
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress, parseQuery } from '../../src/s3/address.js';
import { encodeKey, encodeQuery } from '../../src/s3/keys.js';
import { hasQuery, queryValue } from '../../src/s3/params.js';

const domain = 's3.example.com';

function pathStyle(rawUrl: string) {
  return parseAddress({ rawUrl, host: '127.0.0.1:9000', domain });
}

function hosted(rawUrl: string, host = `my.bucket.${domain}:9000`) {
  return parseAddress({ rawUrl, host, domain });
}

function failure(code: string) {
  return expect.objectContaining({ name: 'S3Error', code });
}

const key = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 80 })
  .filter((text) => Buffer.byteLength(text) <= 1024);

describe('a path-style address', () => {
  it.each([
    ['/', '', ''],
    ['/bucket', 'bucket', ''],
    ['/bucket/', 'bucket', ''],
    ['/bucket/key', 'bucket', 'key'],
    ['/bucket/folder/', 'bucket', 'folder/'],
    ['/bucket//a', 'bucket', '/a'],
    ['/bucket///', 'bucket', '//'],
    ['/bucket/./x/../y', 'bucket', './x/../y'],
    ['/bucket/..', 'bucket', '..'],
    ['/bucket/%2e%2e/other/z', 'bucket', '../other/z'],
    ['/bucket/a%2Fb', 'bucket', 'a/b'],
    ['/bucket/a%252Fb', 'bucket', 'a%2Fb'],
    ['/bucket/a+b', 'bucket', 'a+b'],
    ['/bucket/a%2Bb%20c', 'bucket', 'a+b c'],
    ['/bucket/%F0%9F%98%80', 'bucket', '\u{1f600}'],
    ['/bucket/%00%01%7F', 'bucket', '\u0000\u0001\u007f'],
    ['/bucket/a?b', 'bucket', 'a'],
    ['/bucket/a%3Fb', 'bucket', 'a?b'],
    ['/my%2Dbucket/a', 'my-bucket', 'a'],
  ])('%s is bucket %j, key %j', (rawUrl, bucket, expected) => {
    expect(pathStyle(rawUrl)).toMatchObject({ bucket, key: expected });
  });

  it('keeps the path and the query as they came, for the signature', () => {
    expect(pathStyle('/bucket/./a%2fb?x=%7e&y')).toMatchObject({
      rawPath: '/bucket/./a%2fb',
      rawQuery: 'x=%7e&y',
    });
  });

  it('gives back any key that was percent-encoded', () => {
    fc.assert(
      fc.property(key, (text) => {
        expect(pathStyle(`/bucket/${encodeKey(text)}`)).toMatchObject({ bucket: 'bucket', key: text });
      }),
    );
  });

  it('never makes one key of two', () => {
    const path = fc.string({
      unit: fc.constantFrom('/', '.', '%2F', '%2E', '+', '%2B', '%25', 'a'),
      maxLength: 8,
    });
    fc.assert(
      fc.property(path, path, (a, b) => {
        fc.pre(decodeURIComponent(a) !== decodeURIComponent(b));
        expect(pathStyle(`/bucket/${a}`).key).not.toBe(pathStyle(`/bucket/${b}`).key);
      }),
    );
  });
});

describe('a virtual-hosted address', () => {
  it('has the bucket in the host and the key in the whole path', () => {
    expect(hosted('/bucket/key')).toMatchObject({ bucket: 'my.bucket', key: 'bucket/key' });
    expect(hosted('/')).toMatchObject({ bucket: 'my.bucket', key: '' });
    expect(hosted('//a')).toMatchObject({ bucket: 'my.bucket', key: '/a' });
  });

  it('reads the host without regard to case', () => {
    expect(hosted('/key', 'My.Bucket.S3.Example.COM')).toMatchObject({ bucket: 'my.bucket', key: 'key' });
  });

  it('is path-style on the domain itself, on other hosts, and without a domain', () => {
    expect(hosted('/bucket/key', domain)).toMatchObject({ bucket: 'bucket', key: 'key' });
    expect(hosted('/bucket/key', `not${domain}`)).toMatchObject({ bucket: 'bucket', key: 'key' });
    expect(hosted('/bucket/key', '[::1]:9000')).toMatchObject({ bucket: 'bucket', key: 'key' });
    expect(parseAddress({ rawUrl: '/bucket/key', host: `a.${domain}` })).toMatchObject({ bucket: 'bucket' });
    expect(parseAddress({ rawUrl: '/bucket/key', host: undefined, domain })).toMatchObject({
      bucket: 'bucket',
    });
  });

  it('refuses a host that names no valid bucket', () => {
    expect(() => hosted('/key', `.${domain}`)).toThrowError(failure('InvalidBucketName'));
    expect(() => hosted('/key', `a_b.${domain}`)).toThrowError(failure('InvalidBucketName'));
  });
});

describe('a request target in absolute form', () => {
  it('is taken apart without being normalised', () => {
    expect(pathStyle('http://localhost:9000/bucket/./a/../b?acl')).toMatchObject({
      bucket: 'bucket',
      key: './a/../b',
      rawPath: '/bucket/./a/../b',
      rawQuery: 'acl',
    });
    expect(pathStyle('http://localhost')).toMatchObject({ bucket: '', key: '', rawPath: '/' });
    expect(pathStyle('http://localhost?x-id=ListBuckets')).toMatchObject({
      bucket: '',
      rawQuery: 'x-id=ListBuckets',
    });
  });

  it('has a host that comes before the Host field', () => {
    expect(pathStyle(`https://my-bucket.${domain}/key`)).toMatchObject({ bucket: 'my-bucket', key: 'key' });
  });
});

describe('an address that is none', () => {
  it.each([
    ['/bucket/%', 'InvalidURI'],
    ['/bucket/%zz', 'InvalidURI'],
    ['/bucket/%ff', 'InvalidURI'],
    ['/bucket/%C0%AF', 'InvalidURI'],
    ['/bucket/%ED%A0%80', 'InvalidURI'],
    ['/bucket/\u00e9', 'InvalidURI'],
    ['/bucket/a#b', 'InvalidURI'],
    ['/bucket?prefix=%', 'InvalidURI'],
    ['*', 'InvalidURI'],
    ['', 'InvalidURI'],
    ['bucket/key', 'InvalidURI'],
    ['//key', 'InvalidBucketName'],
    ['//', 'InvalidBucketName'],
    ['/../etc', 'InvalidBucketName'],
    ['/bucket%2Fkey', 'InvalidBucketName'],
    ['/ab', 'InvalidBucketName'],
    ['/Bucket/key', 'InvalidBucketName'],
  ])('%j is refused as %s', (rawUrl, code) => {
    expect(() => pathStyle(rawUrl)).toThrowError(failure(code));
  });

  it('has a key of more than 1,024 bytes of UTF-8, and not of 1,024', () => {
    expect(pathStyle(`/bucket/${'%C3%A9'.repeat(512)}`).key).toHaveLength(512);
    expect(() => pathStyle(`/bucket/${'%C3%A9'.repeat(512)}a`)).toThrowError(
      expect.objectContaining({ code: 'KeyTooLongError', fields: { Size: '1025', MaxSizeAllowed: '1024' } }),
    );
  });
});

describe('parseQuery', () => {
  it('keeps order and duplicates, and reads a parameter without a value as empty', () => {
    expect(parseQuery('b=2&acl&a=1&b=1&&c=')).toEqual([
      ['b', '2'],
      ['acl', ''],
      ['a', '1'],
      ['b', '1'],
      ['c', ''],
    ]);
  });

  it('reads a plus as a space and %2B as a plus', () => {
    expect(parseQuery('prefix=a+b%2Bc%20d')).toEqual([['prefix', 'a b+c d']]);
  });

  it('splits at the first equals sign', () => {
    expect(parseQuery('continuation-token=abc==')).toEqual([['continuation-token', 'abc==']]);
  });

  it('gives back any query that was encoded', () => {
    const parameter = fc.tuple(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(parameter), (query) => {
        expect(parseQuery(encodeQuery(query))).toEqual(query);
      }),
    );
  });
});

describe('queryValue and hasQuery', () => {
  const request = { query: parseQuery('a=1&a=2&acl') };

  it('find the first parameter of a name', () => {
    expect(queryValue(request, 'a')).toBe('1');
    expect(queryValue(request, 'acl')).toBe('');
    expect(queryValue(request, 'b')).toBeUndefined();
  });

  it('tell an empty parameter from an absent one', () => {
    expect(hasQuery(request, 'acl')).toBe(true);
    expect(hasQuery(request, 'b')).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { assertBucketName, isBucketName } from '../../src/s3/buckets.js';

describe('a bucket name', () => {
  it.each(['abc', 'my-bucket', 'my.bucket.1', '123', 'a'.repeat(63), 'a--b', '1.2.3.4.5'])(
    'can be %s',
    (name) => {
      expect(isBucketName(name)).toBe(true);
    },
  );

  it.each([
    '',
    'ab',
    'a'.repeat(64),
    'Bucket',
    'a_b',
    'a..b',
    '.abc',
    'abc.',
    '-abc',
    'abc-',
    'a.-b',
    'a-.b',
    'a/b',
    '../x',
    'a\nb',
    'bücket',
    '192.168.5.4',
    'xn--abc',
    'sthree-abc',
    'amzn-s3-demo-abc',
    'abc-s3alias',
    'abc--ol-s3',
    'abc.mrap',
    'abc--x-s3',
    'abc--table-s3',
  ])('cannot be %j', (name) => {
    expect(isBucketName(name)).toBe(false);
  });

  it('that is refused is named in the error', () => {
    expect(() => assertBucketName('A_B')).toThrowError(
      expect.objectContaining({ code: 'InvalidBucketName', status: 400, fields: { BucketName: 'A_B' } }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { readCreateBucket, writeBuckets, writeLocation } from '../../../src/s3/xml/buckets.js';

describe('the list of buckets', () => {
  it('has the owner, and the name and the time of each bucket', () => {
    const buckets = [{ name: 'a-bucket', createdAt: '2026-01-02T03:04:05.000Z' }];
    expect(writeBuckets(buckets, { id: 'o', displayName: 'n' })).toContain(
      '<Owner><ID>o</ID><DisplayName>n</DisplayName></Owner><Buckets><Bucket><Name>a-bucket</Name>' +
        '<CreationDate>2026-01-02T03:04:05.000Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>',
    );
  });
});

describe('the location of a bucket', () => {
  it('is the region, and empty for us-east-1', () => {
    expect(writeLocation('eu-west-1')).toContain('>eu-west-1</LocationConstraint>');
    expect(writeLocation('us-east-1')).toContain('></LocationConstraint>');
  });

  it('is named when a bucket is created, or not', () => {
    const xml =
      '<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>';
    expect(readCreateBucket(xml)).toEqual({ locationConstraint: 'eu-west-1' });
    expect(readCreateBucket('<CreateBucketConfiguration/>')).toEqual({});
    expect(readCreateBucket(Buffer.alloc(0))).toEqual({});
  });

  it('is refused in another document', () => {
    expect(() => readCreateBucket('<Delete/>')).toThrowError(
      expect.objectContaining({ code: 'MalformedXML' }),
    );
  });
});

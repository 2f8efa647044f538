import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../../src/s3/address.js';
import { readCopyResult, writeCopyResult } from '../../../src/s3/xml/copy.js';
import {
  parsePartNumber,
  readComplete,
  readCompleteResult,
  readInitiateResult,
  writeComplete,
  writeCompleteResult,
  writeInitiateResult,
} from '../../../src/s3/xml/multipart.js';
import { type PartsPage, parsePartsQuery, readListParts, writeListParts } from '../../../src/s3/xml/parts.js';
import {
  parseUploadsQuery,
  readListUploads,
  type UploadsPage,
  writeListUploads,
} from '../../../src/s3/xml/uploads.js';
import { anyChecksums, anyETag, anyKey, anyOwner, anyTime } from './arbitrary.js';

const anyPartNumber = fc.integer({ min: 1, max: 10_000 });
const error = '<?xml version="1.0"?>\n<Error><Code>InternalError</Code><Message>Try again</Message></Error>';

function failure(code: string) {
  return expect.objectContaining({ code });
}

describe('an upload', () => {
  it('has an id that is read as it was written', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (key, uploadId) => {
        expect(readInitiateResult(writeInitiateResult({ bucket: 'bucket', key, uploadId }))).toEqual({
          uploadId,
        });
      }),
    );
  });

  it('is completed with the parts in the order they were named', () => {
    const anyPart = fc.record(
      { partNumber: anyPartNumber, etag: anyETag, checksums: anyChecksums },
      { requiredKeys: ['partNumber', 'etag'] },
    );
    fc.assert(
      fc.property(fc.array(anyPart, { minLength: 1, maxLength: 5 }), (parts) => {
        expect(readComplete(writeComplete(parts))).toEqual(parts);
      }),
    );
  });

  it('may have 10,000 parts, each with all its checksums, and no more', () => {
    const checksums = { crc32: 'a', crc32c: 'b', crc64nvme: 'c', sha1: 'd', sha256: 'e' };
    const parts = Array.from({ length: 10_000 }, (_, index) => ({
      partNumber: index + 1,
      etag: '"e"',
      checksums,
    }));
    expect(readComplete(writeComplete(parts))).toHaveLength(10_000);
    const more = writeComplete([...parts, { partNumber: 1, etag: '"e"' }]);
    expect(() => readComplete(more)).toThrowError(failure('MalformedXML'));
  });

  it('is not completed with no part or a part without ETag', () => {
    expect(() => readComplete(writeComplete([]))).toThrowError(failure('MalformedXML'));
    const noETag =
      '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>';
    expect(() => readComplete(noETag)).toThrowError(failure('MalformedXML'));
  });

  it('gives back the ETag when it is completed, empty when the store says none, and its checksums', () => {
    const result = {
      location: 'http://h/b/k',
      bucket: 'bucket',
      key: 'a&b',
      etag: '"e-2"',
      checksums: { crc32: 'AAAAAA==' },
      checksumType: 'COMPOSITE',
    };
    const { etag, checksums, checksumType } = result;
    expect(readCompleteResult(writeCompleteResult(result))).toEqual({ etag, checksums, checksumType });
    const rgw = '<CompleteMultipartUploadResult><Location/><ETag></ETag></CompleteMultipartUploadResult>';
    expect(readCompleteResult(rgw)).toEqual({ etag: '' });
  });

  it('can have failed although the status was 200', () => {
    expect(readCompleteResult(error)).toEqual({ error: { code: 'InternalError', message: 'Try again' } });
    expect(() => readCompleteResult('<Other/>')).toThrowError(failure('MalformedXML'));
  });
});

describe('parsePartNumber', () => {
  it('takes 1 to 10,000', () => {
    expect([parsePartNumber('1'), parsePartNumber('10000')]).toEqual([1, 10_000]);
  });

  it.each(['0', '10001', '-1', '1.5', '1e3', '', ' 1', 'one'])('refuses %j', (text) => {
    expect(() => parsePartNumber(text)).toThrowError(
      expect.objectContaining({
        code: 'InvalidArgument',
        fields: { ArgumentName: 'partNumber', ArgumentValue: text },
      }),
    );
  });
});

describe('the result of a copy', () => {
  it.each(['CopyObjectResult', 'CopyPartResult'] as const)('%s is read as it was written', (name) => {
    fc.assert(
      fc.property(anyETag, anyTime, (etag, lastModified) => {
        expect(readCopyResult(writeCopyResult({ etag, lastModified }, name))).toEqual({ etag, lastModified });
      }),
    );
  });

  it('can be an error although the status was 200', () => {
    expect(readCopyResult(error)).toEqual({ error: { code: 'InternalError', message: 'Try again' } });
    expect(() => readCopyResult('<Other/>')).toThrowError(failure('MalformedXML'));
  });
});

describe('the list of the parts of an upload', () => {
  const anyPage: fc.Arbitrary<PartsPage> = fc.record(
    {
      parts: fc.array(
        fc.record(
          {
            partNumber: anyPartNumber,
            lastModified: anyTime,
            etag: anyETag,
            size: fc.maxSafeNat(),
            checksums: anyChecksums,
          },
          { requiredKeys: ['partNumber', 'lastModified', 'etag', 'size'] },
        ),
        { maxLength: 5 },
      ),
      isTruncated: fc.boolean(),
      nextPartNumberMarker: anyPartNumber,
      owner: anyOwner,
      initiator: anyOwner,
      storageClass: fc.constant('STANDARD'),
      checksumAlgorithm: fc.constant('SHA256'),
      checksumType: fc.constant('COMPOSITE'),
    },
    { requiredKeys: ['parts', 'isTruncated'] },
  );

  it('is read as it was written', () => {
    const query = { uploadId: 'u', partNumberMarker: 0, maxParts: 1000 };
    fc.assert(
      fc.property(anyPage, (page) => {
        expect(readListParts(writeListParts({ bucket: 'bucket', key: 'key' }, query, page))).toEqual(page);
      }),
    );
  });

  it('is asked for page by page', () => {
    const asked = parsePartsQuery({ query: parseQuery('uploadId=u&part-number-marker=3&max-parts=2000') });
    expect(asked).toEqual({ uploadId: 'u', partNumberMarker: 3, maxParts: 1000 });
    expect(parsePartsQuery({ query: parseQuery('uploadId=u') })).toMatchObject({
      partNumberMarker: 0,
      maxParts: 1000,
    });
    expect(() => parsePartsQuery({ query: parseQuery('uploadId=u&part-number-marker=x') })).toThrowError(
      failure('InvalidArgument'),
    );
  });
});

describe('the list of uploads', () => {
  const anyPage: fc.Arbitrary<UploadsPage> = fc.record(
    {
      uploads: fc.array(
        fc.record(
          {
            key: anyKey,
            uploadId: anyKey,
            initiated: anyTime,
            storageClass: fc.constant('STANDARD'),
            owner: anyOwner,
            initiator: anyOwner,
            checksumAlgorithm: fc.constant('SHA256'),
            checksumType: fc.constant('COMPOSITE'),
          },
          { requiredKeys: ['key', 'uploadId', 'initiated'] },
        ),
        { maxLength: 5 },
      ),
      commonPrefixes: fc.array(anyKey, { maxLength: 3 }),
      isTruncated: fc.boolean(),
      nextKeyMarker: anyKey,
      nextUploadIdMarker: anyKey,
    },
    { requiredKeys: ['uploads', 'commonPrefixes', 'isTruncated'] },
  );

  it.each(['', '&encoding-type=url'])('is read as it was written, asked with %j', (encoding) => {
    fc.assert(
      fc.property(anyPage, (page) => {
        const query = parseUploadsQuery({ query: parseQuery(`prefix=p&delimiter=/${encoding}`) });
        expect(readListUploads(writeListUploads('bucket', query, page))).toEqual(page);
      }),
    );
  });

  it('begins after an upload of a key, never after an upload of no key', () => {
    const query = (text: string) => parseUploadsQuery({ query: parseQuery(text) });
    expect(query('key-marker=k&upload-id-marker=u&max-uploads=5')).toEqual({
      prefix: '',
      delimiter: '',
      keyMarker: 'k',
      uploadIdMarker: 'u',
      maxUploads: 5,
    });
    expect(query('upload-id-marker=u')).toMatchObject({
      keyMarker: '',
      uploadIdMarker: '',
      maxUploads: 1000,
    });
  });
});

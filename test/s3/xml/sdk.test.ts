import { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutObjectTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { S3Error } from '../../../src/s3/errors.js';
import { writeBuckets } from '../../../src/s3/xml/buckets.js';
import { readDelete, writeDeleteResult } from '../../../src/s3/xml/delete.js';
import { errorResponse } from '../../../src/s3/xml/error.js';
import { writeListing } from '../../../src/s3/xml/listing.js';
import { readComplete, writeCompleteResult } from '../../../src/s3/xml/multipart.js';
import { writeListParts } from '../../../src/s3/xml/parts.js';
import { readTagging, writeTagging } from '../../../src/s3/xml/tagging.js';
import { writeListUploads } from '../../../src/s3/xml/uploads.js';
import { writeVersions } from '../../../src/s3/xml/versions.js';

interface Answer {
  readonly status?: number;
  readonly body: string | Buffer;
}

/** An AWS SDK client whose server is a function from the body of a request to the answer. */
function client(answer: (body: string) => Answer): S3Client {
  return new S3Client({
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    requestHandler: {
      handle: async (request: { body?: unknown }) => {
        const { status = 200, body } = answer(String(request.body ?? ''));
        return { response: { statusCode: status, headers: {}, body: Readable.from([Buffer.from(body)]) } };
      },
    },
  });
}

const Bucket = 'bucket';
const keys = [
  'a b',
  'a&<>"\'b',
  'a+b%2B',
  'line\nline',
  'line\rline',
  '\u{1f600}',
  ' blank ',
  'a\u0085\u2028b',
];
const time = '2026-01-02T03:04:05.000Z';
const owner = { id: 'o', displayName: 'n' };

describe('the AWS SDK reads', () => {
  it('a listing', async () => {
    const objects = keys.map((key) => ({ key, lastModified: time, etag: '"e"', size: 5, owner }));
    const page = { objects, commonPrefixes: ['p&/'], isTruncated: true, nextContinuationToken: 'next' };
    const query = { version: 2, prefix: 'p', delimiter: '/', maxKeys: 9, fetchOwner: true } as const;
    const s3 = client(() => ({ body: writeListing(Bucket, query, page) }));
    const read = await s3.send(new ListObjectsV2Command({ Bucket }));
    expect(read.Contents?.map(({ Key }) => Key)).toEqual(keys);
    expect(read.Contents?.[0]).toMatchObject({ ETag: '"e"', Size: 5, LastModified: new Date(time) });
    expect(read).toMatchObject({ KeyCount: keys.length + 1, MaxKeys: 9, IsTruncated: true });
    expect(read).toMatchObject({ NextContinuationToken: 'next', CommonPrefixes: [{ Prefix: 'p&/' }] });
  });

  it('the result of a batch of deletes', async () => {
    const errors = [{ key: 'x', code: 'AccessDenied', message: 'Access Denied' }];
    const s3 = client(() => ({
      body: writeDeleteResult({ deleted: keys.map((key) => ({ key })), errors }, false),
    }));
    const read = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'k' }] } }));
    expect(read.Deleted?.map(({ Key }) => Key)).toEqual(keys);
    expect(read.Errors).toEqual([{ Key: 'x', Code: 'AccessDenied', Message: 'Access Denied' }]);
  });

  it('the lists of parts, uploads, versions and buckets', async () => {
    const Key = 'a&b';
    const parts = [{ partNumber: 1, lastModified: time, etag: '"e"', size: 5, checksums: { crc32: 'c' } }];
    const partsQuery = { uploadId: 'u', partNumberMarker: 0, maxParts: 1000 };
    const partsXml = writeListParts({ bucket: Bucket, key: Key }, partsQuery, {
      parts,
      isTruncated: false,
      owner,
    });
    const readParts = await client(() => ({ body: partsXml })).send(
      new ListPartsCommand({ Bucket, Key, UploadId: 'u' }),
    );
    expect(readParts.Parts?.[0]).toMatchObject({ PartNumber: 1, ETag: '"e"', Size: 5, ChecksumCRC32: 'c' });

    const query = { prefix: '', delimiter: '', keyMarker: '' };
    const uploads = [{ key: Key, uploadId: 'u', initiated: time, owner }];
    const uploadsPage = { uploads, commonPrefixes: [], isTruncated: false };
    const uploadsXml = writeListUploads(
      Bucket,
      { ...query, uploadIdMarker: '', maxUploads: 10 },
      uploadsPage,
    );
    const readUploads = await client(() => ({ body: uploadsXml })).send(
      new ListMultipartUploadsCommand({ Bucket }),
    );
    expect(readUploads.Uploads?.[0]).toMatchObject({ Key, UploadId: 'u', Initiated: new Date(time) });

    const id = { key: Key, versionId: 'v', isLatest: true, lastModified: time };
    const versions = [
      { ...id, deleteMarker: true } as const,
      { ...id, deleteMarker: false, etag: '"e"', size: 5 } as const,
    ];
    const versionsPage = { versions, commonPrefixes: [], isTruncated: false };
    const versionsXml = writeVersions(Bucket, { ...query, versionIdMarker: '', maxKeys: 10 }, versionsPage);
    const readVersions = await client(() => ({ body: versionsXml })).send(
      new ListObjectVersionsCommand({ Bucket }),
    );
    expect(readVersions.Versions?.[0]).toMatchObject({ Key, VersionId: 'v', IsLatest: true, Size: 5 });
    expect(readVersions.DeleteMarkers?.[0]).toMatchObject({ Key, VersionId: 'v', IsLatest: true });

    const bucketsXml = writeBuckets([{ name: Bucket, createdAt: time }], owner);
    const readBuckets = await client(() => ({ body: bucketsXml })).send(new ListBucketsCommand({}));
    expect(readBuckets.Buckets).toEqual([{ Name: Bucket, CreationDate: new Date(time) }]);
    expect(readBuckets.Owner).toEqual({ ID: 'o', DisplayName: 'n' });
  });

  it('tags', async () => {
    const s3 = client(() => ({ body: writeTagging([['a&', ' b ']]) }));
    const read = await s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'k' }));
    expect(read.TagSet).toEqual([{ Key: 'a&', Value: ' b ' }]);
  });

  it('an error', async () => {
    const context = { requestId: 'ID1', resource: '/bucket/k' };
    const { status, body } = errorResponse(new S3Error('NoSuchKey'), context, 'GET');
    const s3 = client(() => ({ status, body: String(body) }));
    await expect(s3.send(new GetObjectCommand({ Bucket, Key: 'k' }))).rejects.toMatchObject({
      name: 'NoSuchKey',
      message: 'The specified key does not exist.',
    });
  });
});

describe('what the AWS SDK writes is read', () => {
  it('as a batch of deletes', async () => {
    let read: unknown;
    const s3 = client((body) => {
      read = readDelete(body);
      return { body: writeDeleteResult({ deleted: [], errors: [] }, true) };
    });
    const Objects = keys.map((Key) => ({ Key, VersionId: 'v' }));
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
    expect(read).toEqual({ objects: keys.map((key) => ({ key, versionId: 'v' })), quiet: true });
  });

  it('as the parts of an upload, and its answer is read back', async () => {
    let read: unknown;
    const s3 = client((body) => {
      read = readComplete(body);
      return { body: writeCompleteResult({ location: 'l', bucket: Bucket, key: 'k', etag: '"e-1"' }) };
    });
    const Parts = [{ PartNumber: 1, ETag: '"e"', ChecksumCRC32: 'c' }];
    const input = { Bucket, Key: 'k', UploadId: 'u', MultipartUpload: { Parts } };
    const answer = await s3.send(new CompleteMultipartUploadCommand(input));
    expect(read).toEqual([{ partNumber: 1, etag: '"e"', checksums: { crc32: 'c' } }]);
    expect(answer.ETag).toBe('"e-1"');
  });

  it('as tags', async () => {
    let read: unknown;
    const s3 = client((body) => {
      read = readTagging(body);
      return { body: '' };
    });
    await s3.send(
      new PutObjectTaggingCommand({ Bucket, Key: 'k', Tagging: { TagSet: [{ Key: 'a', Value: '<' }] } }),
    );
    expect(read).toEqual([['a', '<']]);
  });
});

import { assertBucketName } from '../../s3/buckets.js';
import { S3Error } from '../../s3/errors.js';
import type { S3Request, S3Response } from '../../s3/message.js';
import { readCreateBucket, writeBuckets, writeLocation } from '../../s3/xml/buckets.js';
import { xmlResponse } from '../../s3/xml/response.js';
import { document } from '../../s3/xml/writer.js';
import { assertHonoured } from './metadata.js';
import { documentOf, emptyResponse, type Handler, type Store } from './operation.js';
import { OWNER } from './owner.js';

const REGION = 'us-east-1';

/** ListBuckets. */
export async function listBuckets({ buckets }: Store): Promise<S3Response> {
  const listed = (await buckets.list()).map(({ name, createdAt }) => ({
    name,
    createdAt: new Date(createdAt).toISOString(),
  }));
  return xmlResponse(writeBuckets(listed, OWNER));
}

/** CreateBucket, in any region. Throws InvalidBucketName, BucketAlreadyOwnedByYou, MalformedXML, NotImplemented. */
export async function createBucket({ buckets }: Store, request: S3Request): Promise<S3Response> {
  const { bucket, headers } = request;
  assertBucketName(bucket);
  assertHonoured(headers);
  if (headers['x-amz-bucket-object-lock-enabled']?.toLowerCase() === 'true') {
    throw new S3Error('NotImplemented', undefined, {
      fields: { Header: 'x-amz-bucket-object-lock-enabled' },
    });
  }
  readCreateBucket(await documentOf(request));
  if (await buckets.create(bucket)) return emptyResponse(200, { location: `/${bucket}` });
  throw new S3Error('BucketAlreadyOwnedByYou', undefined, { fields: { BucketName: bucket } });
}

/** DeleteBucket. Throws BucketNotEmpty. */
export const deleteBucket: Handler = async ({ request, store }) => {
  await store.buckets.remove(request.bucket);
  return emptyResponse(204);
};

export const headBucket: Handler = async () => emptyResponse(200, { 'x-amz-bucket-region': REGION });

export const getBucketLocation: Handler = async () => xmlResponse(writeLocation(REGION));

/** Versioning was never switched on. */
export const getBucketVersioning: Handler = async () => xmlResponse(document('VersioningConfiguration', ''));

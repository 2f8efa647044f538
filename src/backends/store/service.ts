import { randomBytes } from 'node:crypto';
import { S3Error } from '../../s3/errors.js';
import { encodeKey } from '../../s3/keys.js';
import type { S3Request, S3Response, S3Service } from '../../s3/message.js';
import type { OperationName } from '../../s3/operations.js';
import { errorResponse } from '../../s3/xml/error.js';
import { getBucketAcl, getObjectAcl } from './acl.js';
import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  getBucketVersioning,
  headBucket,
  listBuckets,
} from './buckets.js';
import { completeMultipartUpload } from './complete-upload.js';
import { copyObject } from './copy-object.js';
import { deleteObject, deleteObjects } from './delete-object.js';
import { listObjects, listObjectVersions } from './list-objects.js';
import { listMultipartUploads, listParts } from './list-uploads.js';
import { abortMultipartUpload, createMultipartUpload } from './multipart-upload.js';
import { getObjectAttributes } from './object-attributes.js';
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './object-tagging.js';
import { type Handler, openBucket, type Store } from './operation.js';
import { preflight } from './preflight.js';
import { getObject, headObject } from './read-object.js';
import { uploadPart, uploadPartCopy } from './upload-part.js';
import { putObject } from './write-object.js';

const HANDLERS: Readonly<Partial<Record<OperationName, Handler>>> = {
  DeleteBucket: deleteBucket,
  HeadBucket: headBucket,
  Preflight: preflight,
  GetBucketAcl: getBucketAcl,
  GetBucketLocation: getBucketLocation,
  GetBucketVersioning: getBucketVersioning,
  ListObjects: listObjects,
  ListObjectsV2: listObjects,
  ListObjectVersions: listObjectVersions,
  ListMultipartUploads: listMultipartUploads,
  GetObject: getObject,
  HeadObject: headObject,
  PutObject: putObject,
  CopyObject: copyObject,
  DeleteObject: deleteObject,
  DeleteObjects: deleteObjects,
  GetObjectAcl: getObjectAcl,
  GetObjectAttributes: getObjectAttributes,
  GetObjectTagging: getObjectTagging,
  PutObjectTagging: putObjectTagging,
  DeleteObjectTagging: deleteObjectTagging,
  CreateMultipartUpload: createMultipartUpload,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
  ListParts: listParts,
};

/** The S3 of one store, whatever keeps its bytes. What S3 would refuse is answered as S3 does; the rest rejects. */
export function createStoreService(store: Store): S3Service {
  return async (request) => {
    try {
      return await answer(store, request);
    } catch (error) {
      if (error instanceof S3Error) return errorResponse(error, contextOf(request), request.method);
      throw error;
    }
  };
}

function answer(store: Store, request: S3Request): Promise<S3Response> {
  if (request.operation === 'ListBuckets') return listBuckets(store);
  if (request.operation === 'CreateBucket') return createBucket(store, request);
  const handler = HANDLERS[request.operation];
  if (!handler) throw new S3Error('NotImplemented');
  return handler({ store, request, bucket: openBucket(store, request.bucket) });
}

function contextOf({ bucket, key }: S3Request) {
  return {
    requestId: randomBytes(8).toString('hex').toUpperCase(),
    resource: `/${bucket}${key && `/${encodeKey(key)}`}`,
    bucket,
    key,
  };
}

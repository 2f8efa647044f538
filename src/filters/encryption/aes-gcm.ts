import { randomBytes } from 'node:crypto';
import { S3Error } from '../../s3/errors.js';
import type { S3Filter, S3Request, S3Response } from '../../s3/message.js';
import type { OperationName } from '../../s3/operations.js';
import { completeUpload } from './complete.js';
import { answering, askedToDecrypt, type EncryptionContext } from './context.js';
import { copyObject, uploadPartCopy } from './copy.js';
import { getAttributes, listObjects, listParts, listUploads } from './listings.js';
import { KnownPartSizes } from './part-sizes.js';
import { readObject } from './read.js';
import { withInnerId } from './upload-ids.js';
import { createUpload, putObject, uploadPart } from './write.js';

export interface AesGcmOptions
  extends Pick<EncryptionContext, 'backend' | 'keys' | 'strict' | 'clock'>,
    Partial<Pick<EncryptionContext, 'random'>> {}

type Rule = (ctx: EncryptionContext, request: S3Request) => Promise<S3Response>;

/** The store would work on what it has, which is not what clients have written. */
const notHere: Rule = async (_, { operation }) => {
  throw new S3Error(
    'NotImplemented',
    `${operation} cannot be asked of a backend that is encrypted by the gateway.`,
  );
};

const RULES: Partial<Record<OperationName, Rule>> = {
  GetObject: readObject,
  HeadObject: readObject,
  PutObject: putObject,
  CopyObject: copyObject,
  CreateMultipartUpload: createUpload,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
  CompleteMultipartUpload: completeUpload,
  AbortMultipartUpload: (ctx, request) => ctx.store(withInnerId(request)),
  ListParts: listParts,
  ListMultipartUploads: listUploads,
  ListObjects: listObjects,
  ListObjectsV2: listObjects,
  ListObjectVersions: listObjects,
  GetObjectAttributes: getAttributes,
  GetObjectTorrent: notHere,
  RenameObject: notHere,
  SelectObjectContent: notHere,
};

/**
 * Objects encrypted before the backend gets them, with AES-256-GCM (docs/architecture.md, "Encrypted objects"). Clients see the plaintext, its size, and the
 * backend's own ETag, which is no hash of it.
 */
export const aesGcm =
  ({ random = randomBytes, ...options }: AesGcmOptions): S3Filter =>
  (service) => {
    const failures = new WeakSet<Error>();
    const store = askedToDecrypt(service, failures);
    const ctx: EncryptionContext = { ...options, store, random, partSizes: new KnownPartSizes() };
    return async (request) => {
      const rule = RULES[request.operation];
      return rule ? answering({ request, failures }, () => rule(ctx, request)) : service(request);
    };
  };

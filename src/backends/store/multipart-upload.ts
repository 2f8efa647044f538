import { randomBytes } from 'node:crypto';
import { invalidArgument } from '../../s3/invalid-argument.js';
import type { HeaderFields } from '../../s3/message.js';
import { writeInitiateResult } from '../../s3/xml/multipart.js';
import { xmlResponse } from '../../s3/xml/response.js';
import { announcedAlgorithm, type StoredAlgorithm } from './checksum-fields.js';
import { findUpload, removeUpload } from './find-upload.js';
import { metadataOf } from './metadata.js';
import { emptyResponse, type Handler } from './operation.js';
import { uploadKey } from './persistence.js';
import type { ChecksumType, UploadRecord } from './records.js';

/** CreateMultipartUpload. Throws what PutObject throws for its headers. */
export const createMultipartUpload: Handler = async ({ request, bucket, store }) => {
  const upload: UploadRecord = {
    ...metadataOf(request.headers),
    ...checksumPlan(request.headers),
    key: request.key,
    uploadId: randomBytes(16).toString('hex'),
    initiated: store.clock.now(),
  };
  await bucket.transact(() => bucket.uploads.put(uploadKey(upload.key, upload.uploadId), upload));
  const { uploadId, checksumAlgorithm, checksumType } = upload;
  const answer = xmlResponse(writeInitiateResult({ bucket: request.bucket, key: request.key, uploadId }));
  const plan = {
    ...(checksumAlgorithm && { 'x-amz-checksum-algorithm': checksumAlgorithm.toUpperCase() }),
    ...(checksumType && { 'x-amz-checksum-type': checksumType }),
  };
  return { ...answer, headers: { ...answer.headers, ...plan } };
};

/** AbortMultipartUpload. Throws NoSuchUpload. */
export const abortMultipartUpload: Handler = async ({ request, bucket }) => {
  await bucket.transact(() => removeUpload(bucket, findUpload(bucket, request)));
  return emptyResponse(204);
};

/** How the checksum of the whole is made (AWS, "Checking object integrity": which types an algorithm has). */
const TYPES: Readonly<Record<StoredAlgorithm, readonly [ChecksumType, ...ChecksumType[]]>> = {
  crc32: ['COMPOSITE', 'FULL_OBJECT'],
  crc32c: ['COMPOSITE', 'FULL_OBJECT'],
  crc64nvme: ['FULL_OBJECT'],
  sha1: ['COMPOSITE'],
  sha256: ['COMPOSITE'],
};

function checksumPlan(headers: HeaderFields): Pick<UploadRecord, 'checksumAlgorithm' | 'checksumType'> {
  const checksumAlgorithm = announcedAlgorithm(headers);
  if (!checksumAlgorithm) return {};
  const asked = headers['x-amz-checksum-type'] ?? TYPES[checksumAlgorithm][0];
  const checksumType = TYPES[checksumAlgorithm].find((type) => type === asked);
  if (checksumType) return { checksumAlgorithm, checksumType };
  throw invalidArgument('x-amz-checksum-type', asked, `The ${checksumAlgorithm} algorithm has no such type.`);
}

import { aclCases } from './cases/acls.js';
import { bucketCases } from './cases/buckets.js';
import { checksumCases } from './cases/checksums.js';
import { chunkedBodyCases } from './cases/chunked-bodies.js';
import { copyObjectCases } from './cases/copy-object.js';
import { corsCases } from './cases/cors.js';
import { deleteObjectCases } from './cases/delete-object.js';
import { deleteObjectsCases } from './cases/delete-objects.js';
import { encryptionCases } from './cases/encryption.js';
import { getObjectCases } from './cases/get-object.js';
import { headObjectCases } from './cases/head-object.js';
import { httpCases } from './cases/http.js';
import { listObjectVersionsCases } from './cases/list-object-versions.js';
import { listObjectsCases } from './cases/list-objects.js';
import { listObjectsV2Cases } from './cases/list-objects-v2.js';
import { listUploadsCases } from './cases/list-uploads.js';
import { multipartUploadCases } from './cases/multipart-upload.js';
import { objectKeyCases } from './cases/object-keys.js';
import { objectLockCases } from './cases/object-lock.js';
import { objectTaggingCases } from './cases/object-tagging.js';
import { postObjectCases } from './cases/post-object.js';
import { presignedCases } from './cases/presigned.js';
import { putObjectCases } from './cases/put-object.js';
import { signatureCases } from './cases/signatures.js';
import { uploadPartCases } from './cases/upload-part.js';
import { versioningCases } from './cases/versioning.js';
import type { S3Case } from './s3-case.js';

/** Everything that the suite asks of S3. */
export const CASES: readonly S3Case[] = [
  ...aclCases,
  ...bucketCases,
  ...checksumCases,
  ...chunkedBodyCases,
  ...copyObjectCases,
  ...corsCases,
  ...deleteObjectCases,
  ...deleteObjectsCases,
  ...encryptionCases,
  ...getObjectCases,
  ...headObjectCases,
  ...httpCases,
  ...listObjectVersionsCases,
  ...listObjectsV2Cases,
  ...listObjectsCases,
  ...listUploadsCases,
  ...multipartUploadCases,
  ...objectKeyCases,
  ...objectLockCases,
  ...objectTaggingCases,
  ...postObjectCases,
  ...presignedCases,
  ...putObjectCases,
  ...signatureCases,
  ...uploadPartCases,
  ...versioningCases,
];

import { copySourceRange } from '../../s3/copy-source.js';
import { queryValue } from '../../s3/params.js';
import type { Checksums } from '../../s3/xml/checksums.js';
import { writeCopyResult } from '../../s3/xml/copy.js';
import { parsePartNumber } from '../../s3/xml/multipart.js';
import { xmlResponse } from '../../s3/xml/response.js';
import { checksumFields, checksumsOf } from './checksum-fields.js';
import { openCopySource } from './copy-source.js';
import { findUpload } from './find-upload.js';
import { assertHonoured } from './metadata.js';
import { type Bytes, bodyOf, emptyResponse, type Handler, type Operation } from './operation.js';
import { partKey } from './persistence.js';
import type { PartRecord } from './records.js';
import { storeBytes } from './write-object.js';

/** UploadPart. Throws NoSuchUpload, InvalidArgument, EntityTooLarge, and the error of the body. */
export const uploadPart: Handler = async (operation) => {
  const { request } = operation;
  assertHonoured(request.headers);
  const part = await storePart(operation, bodyOf(request), () => checksumsOf(request));
  return emptyResponse(200, { etag: part.etag, ...checksumFields(part.checksums) });
};

/** UploadPartCopy. Throws NoSuchUpload, InvalidArgument, InvalidRequest, and what the source's conditions throw. */
export const uploadPartCopy: Handler = async (operation) => {
  const { request, bucket } = operation;
  findUpload(bucket, request);
  const source = await openCopySource(operation, ({ size }) => ({
    range: copySourceRange(request.headers, size),
  }));
  const { etag, lastModified } = await storePart(operation, source, () => undefined);
  const result = { etag, lastModified: new Date(lastModified).toISOString() };
  return xmlResponse(writeCopyResult(result, 'CopyPartResult'));
};

/** Stores a part in the place of the one with its number; the upload has to exist before and after. */
async function storePart(
  { request, bucket, store }: Operation,
  bytes: Bytes,
  checksums: () => Checksums | undefined,
): Promise<PartRecord> {
  const partNumber = parsePartNumber(queryValue(request, 'partNumber') ?? '');
  const key = partKey(findUpload(bucket, request).uploadId, partNumber);
  return storeBytes(bucket, bytes, (written, stored) =>
    bucket.transact(() => {
      findUpload(bucket, request);
      const taken = checksums();
      const replaced = bucket.parts.get(key);
      const part: PartRecord = {
        ...stored,
        lastModified: store.clock.now(),
        content: bucket.contents.adopt(written),
        ...(taken && { checksums: taken }),
      };
      bucket.parts.put(key, part);
      if (replaced) bucket.contents.release(replaced.content);
      return part;
    }),
  );
}

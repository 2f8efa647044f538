import { S3Error } from '../../s3/errors.js';
import { invalidArgument } from '../../s3/invalid-argument.js';
import type { S3Request } from '../../s3/message.js';
import { queryValue } from '../../s3/params.js';
import type { ByteRange } from '../../s3/ranges.js';
import type { Checksums } from '../../s3/xml/checksums.js';
import { writeCopyResult } from '../../s3/xml/copy.js';
import { parsePartNumber } from '../../s3/xml/multipart.js';
import { checksumFields, checksumsOf } from './checksum-fields.js';
import { openCopySource } from './copy-source.js';
import { findUpload } from './find-upload.js';
import { assertHonoured } from './metadata.js';
import { type Bytes, bodyOf, emptyResponse, type Handler, type Operation, xmlResponse } from './operation.js';
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
  const source = await openCopySource(operation, ({ size }) => ({ range: copyRange(request, size) }));
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

const COPY_RANGE = /^bytes=(\d+)-(\d+)$/;

/** The bytes of x-amz-copy-source-range, which have to be there all (AWS, UploadPartCopy). */
function copyRange({ headers }: S3Request, size: number): ByteRange {
  const name = 'x-amz-copy-source-range';
  const header = headers[name];
  if (header === undefined) return { start: 0, end: size - 1 };
  const [, start, end] = COPY_RANGE.exec(header)?.map(Number) ?? [];
  if (start === undefined || end === undefined || end < start) {
    const message =
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the ' +
      'zero-based offsets of the first and last bytes to copy';
    throw invalidArgument(name, header, message);
  }
  if (end < size) return { start, end };
  if (start >= size) throw new S3Error('InvalidRange');
  throw invalidArgument(name, header, `Range specified is not valid for source object of size: ${size}`);
}

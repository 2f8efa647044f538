import { createHash } from 'node:crypto';
import { S3Error } from '../../s3/errors.js';
import { type CompletedPart, readComplete, writeCompleteResult } from '../../s3/xml/multipart.js';
import { xmlResponse } from '../../s3/xml/response.js';
import { STORED_ALGORITHMS } from './checksum-fields.js';
import { completedChecksums } from './completed-checksums.js';
import { findUpload, removeUpload, uploadIdOf } from './find-upload.js';
import { documentOf, type Handler, type Operation } from './operation.js';
import { partKey } from './persistence.js';
import type { ObjectRecord, PartRecord, UploadRecord } from './records.js';
import { replaceObject } from './write-object.js';

/**
 * CompleteMultipartUpload. Asked again after it succeeded, it answers the same, for a client that lost the answer.
 * Throws NoSuchUpload, InvalidPart, InvalidPartOrder, EntityTooSmall, InvalidRequest, PreconditionFailed, MalformedXML.
 */
export const completeMultipartUpload: Handler = async (operation) => {
  const { request, bucket } = operation;
  const listed = readComplete(await documentOf(request));
  const object = await bucket.transact(() => completedBefore(operation) ?? complete(operation, listed));
  const { etag, checksums, checksumType } = object;
  const document = writeCompleteResult({
    location: `/${request.bucket}/${request.key}`,
    bucket: request.bucket,
    key: request.key,
    etag,
    ...(checksums && { checksums }),
    ...(checksumType && { checksumType }),
  });
  return xmlResponse(document);
};

function completedBefore({ request, bucket }: Operation): ObjectRecord | undefined {
  const object = bucket.objects.get(request.key);
  return object?.uploadId === uploadIdOf(request) ? object : undefined;
}

/** In a transaction. */
function complete(operation: Operation, listed: readonly CompletedPart[]): ObjectRecord {
  const { request, bucket, store } = operation;
  const upload = findUpload(bucket, request);
  assertAscending(listed);
  const parts = listed.map((part) => findPart(operation, upload, part));
  assertSizes(operation, listed, parts);
  const fields = {
    ...objectOf(upload, parts),
    ...completedChecksums(upload, parts, request.headers),
    lastModified: store.clock.now(),
  };
  return replaceObject(operation, fields, () => {
    removeUpload(bucket, upload, new Set(listed.map(({ partNumber }) => partNumber)));
    return bucket.contents.join(parts.map(({ content }) => content));
  });
}

function assertAscending(listed: readonly CompletedPart[]): void {
  const outOfOrder = listed.some(
    ({ partNumber }, index) => partNumber <= (listed[index - 1]?.partNumber ?? 0),
  );
  if (outOfOrder) throw new S3Error('InvalidPartOrder');
}

function findPart({ bucket }: Operation, { uploadId }: UploadRecord, listed: CompletedPart): PartRecord {
  const part = bucket.parts.get(partKey(uploadId, listed.partNumber));
  if (part && bare(part.etag) === bare(listed.etag) && sameChecksums(part, listed)) return part;
  throw new S3Error('InvalidPart', undefined, {
    fields: { UploadId: uploadId, PartNumber: String(listed.partNumber), ETag: listed.etag },
  });
}

/** Whether the checksums that a client names for a part are those that it was stored with. */
function sameChecksums(part: PartRecord, { checksums = {} }: CompletedPart): boolean {
  return STORED_ALGORITHMS.every((algorithm) => {
    const named = checksums[algorithm];
    const stored = part.checksums?.[algorithm];
    return named === undefined || stored === undefined || named === stored;
  });
}

function assertSizes(
  { request, store }: Operation,
  listed: readonly CompletedPart[],
  parts: readonly PartRecord[],
): void {
  const small = parts.findIndex(({ size }, index) => index < parts.length - 1 && size < store.minPartSize);
  if (small >= 0) throw partTooSmall(listed[small], parts[small], store.minPartSize);
  const announced = request.headers['x-amz-mp-object-size'];
  if (announced !== undefined && Number(announced) !== sizeOf(parts)) {
    throw new S3Error(
      'InvalidRequest',
      'The provided x-amz-mp-object-size does not match what was uploaded.',
    );
  }
}

function partTooSmall(listed?: CompletedPart, part?: PartRecord, minSize?: number): S3Error {
  return new S3Error('EntityTooSmall', undefined, {
    fields: {
      ProposedSize: String(part?.size),
      MinSizeAllowed: String(minSize),
      PartNumber: String(listed?.partNumber),
    },
  });
}

function objectOf({ headers, tagging, uploadId }: UploadRecord, parts: readonly PartRecord[]) {
  return {
    headers,
    ...(tagging && { tagging }),
    size: sizeOf(parts),
    etag: etagOf(parts),
    partsCount: parts.length,
    uploadId,
  };
}

function sizeOf(parts: readonly PartRecord[]): number {
  return parts.reduce((sum, { size }) => sum + size, 0);
}

/** The MD5 of the parts' MD5s, and their number: what S3 gives an object that came in parts. */
function etagOf(parts: readonly PartRecord[]): string {
  const md5 = createHash('md5');
  for (const { etag } of parts) md5.update(Buffer.from(bare(etag), 'hex'));
  return `"${md5.digest('hex')}-${parts.length}"`;
}

function bare(etag: string): string {
  return etag.replaceAll('"', '').trim();
}

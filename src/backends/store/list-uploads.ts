import { compareKeys } from '../../s3/keys.js';
import { parsePartsQuery, writeListParts } from '../../s3/xml/parts.js';
import { xmlResponse } from '../../s3/xml/response.js';
import { type ListedUpload, parseUploadsQuery, writeListUploads } from '../../s3/xml/uploads.js';
import { findUpload, partsAfter } from './find-upload.js';
import type { Handler, Operation } from './operation.js';
import { OWNER } from './owner.js';
import type { UploadRecord } from './records.js';
import { type Selection, selectPage } from './select-page.js';

/** ListMultipartUploads, in the order of keys and then of upload ids. Throws InvalidArgument. */
export const listMultipartUploads: Handler = async ({ request, bucket }) => {
  const query = parseUploadsQuery(request);
  const { prefix, delimiter, keyMarker, uploadIdMarker, maxUploads: limit } = query;
  const after = uploadsAfter(keyMarker, uploadIdMarker);
  const page = selectPage(byObjectKey(bucket.uploads), { prefix, delimiter, ...after, limit });
  const document = writeListUploads(request.bucket, query, {
    uploads: page.rows.map(({ row }) => listed(row)),
    commonPrefixes: page.commonPrefixes,
    isTruncated: page.isTruncated,
    ...(page.last && { nextKeyMarker: page.last.name }),
    ...(page.last?.row && { nextUploadIdMarker: page.last.row.uploadId }),
  });
  return xmlResponse(document);
};

/** ListParts. Throws NoSuchUpload, InvalidArgument. */
export const listParts: Handler = async ({ request, bucket }) => {
  const query = parsePartsQuery(request);
  const upload = findUpload(bucket, request);
  const { checksumAlgorithm, checksumType } = upload;
  const parts = takeParts(bucket, query);
  const page = parts.slice(0, query.maxParts);
  const last = page.at(-1);
  const document = writeListParts({ bucket: request.bucket, key: request.key }, query, {
    parts: page,
    isTruncated: parts.length > page.length && page.length > 0,
    ...(last && { nextPartNumberMarker: last.partNumber }),
    owner: OWNER,
    initiator: OWNER,
    storageClass: storageClassOf(upload),
    ...(checksumAlgorithm && { checksumAlgorithm: checksumAlgorithm.toUpperCase() }),
    ...(checksumType && { checksumType }),
  });
  return xmlResponse(document);
};

/** The parts of a page, and the one after it. */
function takeParts(bucket: Operation['bucket'], query: ReturnType<typeof parsePartsQuery>) {
  const taken = [];
  for (const [partNumber, part] of partsAfter(bucket, query.uploadId, query.partNumberMarker)) {
    const { size, etag, checksums } = part;
    const lastModified = new Date(part.lastModified).toISOString();
    taken.push({ partNumber, size, etag, lastModified, ...(checksums && { checksums }) });
    if (taken.length > query.maxParts) break;
  }
  return taken;
}

function byObjectKey(uploads: Operation['bucket']['uploads']) {
  return {
    *range(from: string): Generator<readonly [string, UploadRecord]> {
      for (const [, upload] of uploads.range(from)) yield [upload.key, upload];
    },
  };
}

function uploadsAfter(
  keyMarker: string,
  uploadIdMarker: string,
): Pick<Selection<UploadRecord>, 'from' | 'includes'> {
  return {
    from: keyMarker,
    includes(name, upload) {
      const order = compareKeys(name, keyMarker);
      if (order !== 0 || uploadIdMarker === '') return order > 0;
      return upload !== undefined && upload.uploadId > uploadIdMarker;
    },
  };
}

function listed(upload: UploadRecord): ListedUpload {
  const { key, uploadId, checksumAlgorithm, checksumType } = upload;
  return {
    key,
    uploadId,
    initiated: new Date(upload.initiated).toISOString(),
    storageClass: storageClassOf(upload),
    owner: OWNER,
    initiator: OWNER,
    ...(checksumAlgorithm && { checksumAlgorithm: checksumAlgorithm.toUpperCase() }),
    ...(checksumType && { checksumType }),
  };
}

function storageClassOf({ headers }: UploadRecord): string {
  return headers['x-amz-storage-class'] ?? 'STANDARD';
}

import { assertChanges, directiveOf } from '../../s3/copy-source.js';
import type { S3Request } from '../../s3/message.js';
import { writeCopyResult } from '../../s3/xml/copy.js';
import { xmlResponse } from '../../s3/xml/response.js';
import { openCopySource } from './copy-source.js';
import { assertHonoured, storedHeaders, taggingOf } from './metadata.js';
import type { Handler } from './operation.js';
import type { ObjectRecord } from './records.js';
import { replaceObject, storeBytes } from './write-object.js';

/**
 * CopyObject. The copy is one part, whatever its source was, so its ETag is an MD5. Throws InvalidRequest for a copy onto
 * itself that changes nothing, and what openCopySource and PutObject throw.
 */
export const copyObject: Handler = async (operation) => {
  const { request, bucket, store } = operation;
  assertHonoured(request.headers);
  const source = await openCopySource(operation, (object, from) => {
    if (from.bucket === request.bucket && from.key === request.key) assertChanges(request.headers, CHANGES);
    return { range: { start: 0, end: object.size - 1 }, fields: fieldsOfCopy(request, object) };
  });
  const object = await storeBytes(bucket, source, (written, bytes) =>
    bucket.transact(() => {
      const fields = { ...source.fields, ...bytes, lastModified: store.clock.now() };
      return replaceObject({ bucket, request }, fields, () => bucket.contents.adopt(written));
    }),
  );
  return xmlResponse(writeCopyResult(resultOf(object), 'CopyObjectResult'));
};

type CopiedFields = Omit<ObjectRecord, 'size' | 'etag' | 'lastModified' | 'content'>;

function fieldsOfCopy({ headers }: S3Request, source: ObjectRecord): CopiedFields {
  const metadata = directiveOf(headers, 'x-amz-metadata-directive');
  const tagging =
    directiveOf(headers, 'x-amz-tagging-directive') === 'COPY' ? source.tagging : taggingOf(headers);
  return {
    headers: metadata === 'COPY' ? copiedHeaders(headers, source) : storedHeaders(headers),
    ...(tagging && { tagging }),
    ...checksumsOfCopy(source),
  };
}

/** The storage class and the redirect are not copied: they are the copy's own (AWS, CopyObject). */
function copiedHeaders(headers: S3Request['headers'], source: ObjectRecord): S3Request['headers'] {
  const { 'x-amz-storage-class': _class, 'x-amz-website-redirect-location': _to, ...kept } = source.headers;
  const { 'content-type': _type, ...own } = storedHeaders({
    ...pick(headers, 'x-amz-storage-class'),
    ...pick(headers, 'x-amz-website-redirect-location'),
  });
  return { ...kept, ...own };
}

function pick(headers: S3Request['headers'], name: string): S3Request['headers'] {
  const value = headers[name];
  return value === undefined ? {} : { [name]: value };
}

/** A checksum of all the bytes holds for the copy too; one made of parts does not. */
function checksumsOfCopy({
  checksums,
  checksumType,
}: ObjectRecord): Pick<ObjectRecord, 'checksums' | 'checksumType'> {
  return checksums && checksumType === 'FULL_OBJECT' ? { checksums, checksumType } : {};
}

const CHANGES = ['x-amz-storage-class', 'x-amz-website-redirect-location'];

function resultOf({ etag, lastModified, checksums }: ObjectRecord): Parameters<typeof writeCopyResult>[0] {
  return { etag, lastModified: new Date(lastModified).toISOString(), ...(checksums && { checksums }) };
}

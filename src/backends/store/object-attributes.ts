import { formatHttpDate } from '../../s3/http-date.js';
import { invalidArgument } from '../../s3/invalid-argument.js';
import { writeChecksums } from '../../s3/xml/checksums.js';
import { xmlResponse } from '../../s3/xml/response.js';
import { document, element, parent } from '../../s3/xml/writer.js';
import { findObject, versionOf } from './find-object.js';
import type { Handler, Operation } from './operation.js';
import type { ObjectRecord } from './records.js';

const ATTRIBUTES = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'] as const;
type Attribute = (typeof ATTRIBUTES)[number];

/** GetObjectAttributes. Throws NoSuchKey, NoSuchVersion, InvalidArgument for an attribute that there is not. */
export const getObjectAttributes: Handler = async ({ request, bucket }) => {
  const asked = attributesAsked(request.headers['x-amz-object-attributes'] ?? '');
  const object = findObject(bucket, request.key, versionOf(request));
  const content = ATTRIBUTES.filter((attribute) => asked.has(attribute)).map((attribute) =>
    writeAttribute(attribute, object, bucket),
  );
  const answer = xmlResponse(document('GetObjectAttributesResponse', content.join('')));
  return { ...answer, headers: { ...answer.headers, 'last-modified': formatHttpDate(object.lastModified) } };
};

function attributesAsked(header: string): ReadonlySet<string> {
  const names = header.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !ATTRIBUTES.some((attribute) => attribute === name));
  if (unknown === undefined) return new Set(names);
  throw invalidArgument('x-amz-object-attributes', unknown, 'Invalid attribute name specified.');
}

function writeAttribute(
  attribute: Attribute,
  object: ObjectRecord,
  { contents }: Operation['bucket'],
): string {
  switch (attribute) {
    case 'ETag':
      // Here, and only here, S3 gives it without quotes.
      return element('ETag', object.etag.replaceAll('"', ''));
    case 'Checksum':
      return writeChecksum(object);
    case 'ObjectParts':
      return object.partsCount === undefined ? '' : writeParts(contents.partSizes(object.content));
    case 'StorageClass':
      return element('StorageClass', object.headers['x-amz-storage-class'] ?? 'STANDARD');
    case 'ObjectSize':
      return element('ObjectSize', object.size);
  }
}

function writeChecksum({ checksums, checksumType }: ObjectRecord): string {
  return checksums
    ? parent('Checksum', writeChecksums(checksums) + element('ChecksumType', checksumType))
    : '';
}

function writeParts(sizes: readonly number[]): string {
  const parts = sizes.map((size, index) =>
    parent('Part', element('PartNumber', index + 1) + element('Size', size)),
  );
  return parent('ObjectParts', element('PartsCount', sizes.length) + parts.join(''));
}

import type { S3Request } from '../message.js';
import { queryValue } from '../params.js';
import { present } from '../present.js';
import { type Checksums, readChecksums, writeChecksums } from './checksums.js';
import { countParameter, pageSize } from './listing-query.js';
import { type Owner, readOwner, writeOwner } from './owner.js';
import type { XmlElement, XmlSource } from './reader.js';
import {
  child,
  children,
  isTrue,
  readRoot,
  requiredCount,
  requiredText,
  requiredTime,
  textOf,
} from './reader.js';
import { document, element, parent } from './writer.js';

/** What ListParts asks for. */
export interface PartsQuery {
  readonly uploadId: string;
  /** The page begins after this part; 0 for the first page. */
  readonly partNumberMarker: number;
  /** 0 to 1,000. */
  readonly maxParts: number;
}

/** Throws InvalidArgument. */
export function parsePartsQuery(request: Pick<S3Request, 'query'>): PartsQuery {
  return {
    uploadId: queryValue(request, 'uploadId') ?? '',
    partNumberMarker: countParameter(request, 'part-number-marker') ?? 0,
    maxParts: pageSize(request, 'max-parts'),
  };
}

export interface ListedPart {
  readonly partNumber: number;
  /** ISO 8601 with milliseconds. */
  readonly lastModified: string;
  /** With its quotes. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  readonly checksums?: Checksums;
}

export interface PartsPage {
  readonly parts: readonly ListedPart[];
  readonly isTruncated: boolean;
  /** The last part of this page. */
  readonly nextPartNumberMarker?: number;
  readonly owner?: Owner;
  readonly initiator?: Owner;
  readonly storageClass?: string;
  readonly checksumAlgorithm?: string;
  readonly checksumType?: string;
}

/** The answer to ListParts. */
export function writeListParts(
  upload: { bucket: string; key: string },
  query: PartsQuery,
  page: PartsPage,
): string {
  const content = [
    element('Bucket', upload.bucket),
    element('Key', upload.key),
    element('UploadId', query.uploadId),
    element('PartNumberMarker', query.partNumberMarker),
    element('NextPartNumberMarker', page.nextPartNumberMarker),
    element('MaxParts', query.maxParts),
    element('IsTruncated', page.isTruncated),
    ...page.parts.map(writePart),
    writeOwner(page.initiator, 'Initiator'),
    writeOwner(page.owner),
    element('StorageClass', page.storageClass),
    element('ChecksumAlgorithm', page.checksumAlgorithm),
    element('ChecksumType', page.checksumType),
  ];
  return document('ListPartsResult', content.join(''));
}

function writePart({ partNumber, lastModified, etag, size, checksums }: ListedPart): string {
  const content =
    element('PartNumber', partNumber) +
    element('LastModified', lastModified) +
    element('ETag', etag) +
    element('Size', size) +
    writeChecksums(checksums);
  return parent('Part', content);
}

/** A store's page of parts. Throws MalformedXML. */
export function readListParts(source: XmlSource): PartsPage {
  const root = readRoot(source, 'ListPartsResult');
  return present<PartsPage>({
    parts: children(root, 'Part').map(readPart),
    isTruncated: isTrue(root, 'IsTruncated'),
    nextPartNumberMarker: textOf(root, 'NextPartNumberMarker')
      ? requiredCount(root, 'NextPartNumberMarker')
      : undefined,
    owner: readOwner(child(root, 'Owner')),
    initiator: readOwner(child(root, 'Initiator')),
    storageClass: textOf(root, 'StorageClass'),
    checksumAlgorithm: textOf(root, 'ChecksumAlgorithm'),
    checksumType: textOf(root, 'ChecksumType'),
  });
}

function readPart(xml: XmlElement): ListedPart {
  return present<ListedPart>({
    partNumber: requiredCount(xml, 'PartNumber'),
    lastModified: requiredTime(xml, 'LastModified'),
    etag: requiredText(xml, 'ETag'),
    size: requiredCount(xml, 'Size'),
    checksums: readChecksums(xml),
  });
}

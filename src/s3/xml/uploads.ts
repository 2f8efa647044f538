import type { S3Request } from '../message.js';
import { queryValue } from '../params.js';
import { present } from '../present.js';
import { readCommonPrefixes, writeCommonPrefixes } from './common-prefixes.js';
import { pageSize } from './listing-query.js';
import { type Owner, readOwner, writeOwner } from './owner.js';
import type { XmlElement, XmlSource } from './reader.js';
import { child, children, isTrue, readRoot, requiredText, requiredTime, textOf } from './reader.js';
import { type EncodingType, nameDecoder, nameEncoder, parseEncodingType } from './url-encoding.js';
import { document, element, parent } from './writer.js';

/** What ListMultipartUploads asks for. */
export interface UploadsQuery {
  /** '' for none. */
  readonly prefix: string;
  /** '' for none. */
  readonly delimiter: string;
  readonly encodingType?: EncodingType;
  /** The page begins after this key, or after the upload below. */
  readonly keyMarker: string;
  /** Of uploads of the key `keyMarker`, those after this one are in the page; '' for none. */
  readonly uploadIdMarker: string;
  /** 0 to 1,000. */
  readonly maxUploads: number;
}

/** Throws InvalidArgument. */
export function parseUploadsQuery(request: Pick<S3Request, 'query'>): UploadsQuery {
  const keyMarker = queryValue(request, 'key-marker') ?? '';
  return present<UploadsQuery>({
    prefix: queryValue(request, 'prefix') ?? '',
    delimiter: queryValue(request, 'delimiter') ?? '',
    encodingType: parseEncodingType(request),
    keyMarker,
    // S3 ignores an upload-id-marker without a key-marker.
    uploadIdMarker: keyMarker && (queryValue(request, 'upload-id-marker') ?? ''),
    maxUploads: pageSize(request, 'max-uploads'),
  });
}

export interface ListedUpload {
  readonly key: string;
  readonly uploadId: string;
  /** ISO 8601 with milliseconds. */
  readonly initiated: string;
  readonly storageClass?: string;
  readonly owner?: Owner;
  readonly initiator?: Owner;
  readonly checksumAlgorithm?: string;
  readonly checksumType?: string;
}

export interface UploadsPage {
  readonly uploads: readonly ListedUpload[];
  readonly commonPrefixes: readonly string[];
  readonly isTruncated: boolean;
  readonly nextKeyMarker?: string;
  readonly nextUploadIdMarker?: string;
}

/** The answer to ListMultipartUploads. */
export function writeListUploads(bucket: string, query: UploadsQuery, page: UploadsPage): string {
  const encode = nameEncoder(query.encodingType);
  const content = [
    element('Bucket', bucket),
    element('KeyMarker', encode(query.keyMarker)),
    element('UploadIdMarker', query.uploadIdMarker),
    element('NextKeyMarker', encode(page.nextKeyMarker ?? '')),
    element('NextUploadIdMarker', page.nextUploadIdMarker ?? ''),
    query.delimiter && element('Delimiter', encode(query.delimiter)),
    element('Prefix', encode(query.prefix)),
    element('EncodingType', query.encodingType),
    element('MaxUploads', query.maxUploads),
    element('IsTruncated', page.isTruncated),
    ...page.uploads.map((upload) => writeUpload(upload, encode)),
    writeCommonPrefixes(page.commonPrefixes, encode),
  ];
  return document('ListMultipartUploadsResult', content.join(''));
}

function writeUpload(upload: ListedUpload, encode: (name: string) => string): string {
  const content =
    element('Key', encode(upload.key)) +
    element('UploadId', upload.uploadId) +
    writeOwner(upload.initiator, 'Initiator') +
    writeOwner(upload.owner) +
    element('StorageClass', upload.storageClass) +
    element('Initiated', upload.initiated) +
    element('ChecksumAlgorithm', upload.checksumAlgorithm) +
    element('ChecksumType', upload.checksumType);
  return parent('Upload', content);
}

/** A store's page of uploads, names decoded. Throws MalformedXML. */
export function readListUploads(source: XmlSource): UploadsPage {
  const root = readRoot(source, 'ListMultipartUploadsResult');
  const decode = nameDecoder(textOf(root, 'EncodingType'));
  const nextKeyMarker = textOf(root, 'NextKeyMarker');
  return present<UploadsPage>({
    uploads: children(root, 'Upload').map((upload) => readUpload(upload, decode)),
    commonPrefixes: readCommonPrefixes(root, decode),
    isTruncated: isTrue(root, 'IsTruncated'),
    nextKeyMarker: nextKeyMarker ? decode(nextKeyMarker) : undefined,
    nextUploadIdMarker: textOf(root, 'NextUploadIdMarker') || undefined,
  });
}

function readUpload(xml: XmlElement, decode: (name: string) => string): ListedUpload {
  return present<ListedUpload>({
    key: decode(requiredText(xml, 'Key')),
    uploadId: requiredText(xml, 'UploadId'),
    initiated: requiredTime(xml, 'Initiated'),
    storageClass: textOf(xml, 'StorageClass'),
    owner: readOwner(child(xml, 'Owner')),
    initiator: readOwner(child(xml, 'Initiator')),
    checksumAlgorithm: textOf(xml, 'ChecksumAlgorithm'),
    checksumType: textOf(xml, 'ChecksumType'),
  });
}

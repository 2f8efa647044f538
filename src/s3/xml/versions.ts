import { invalidArgument } from '../invalid-argument.js';
import type { S3Request } from '../message.js';
import { queryValue } from '../params.js';
import { present } from '../present.js';
import { type ListedChecksums, readListedChecksums, writeListedChecksums } from './checksums.js';
import { readCommonPrefixes, writeCommonPrefixes } from './common-prefixes.js';
import type { ListedObject } from './listing.js';
import { pageSize } from './listing-query.js';
import { type Owner, readOwner, writeOwner } from './owner.js';
import type { XmlElement, XmlSource } from './reader.js';
import { child, isTrue, readRoot, requiredCount, requiredText, requiredTime, textOf } from './reader.js';
import { type EncodingType, nameDecoder, nameEncoder, parseEncodingType } from './url-encoding.js';
import { document, element, parent } from './writer.js';

/** The version of an object that was written without versioning. */
export const NULL_VERSION = 'null';

/** What ListObjectVersions asks for. */
export interface VersionsQuery {
  /** '' for none. */
  readonly prefix: string;
  /** '' for none. */
  readonly delimiter: string;
  readonly encodingType?: EncodingType;
  /** The page begins after this key, or after the version below. */
  readonly keyMarker: string;
  /** Of versions of the key `keyMarker`, those after this one are in the page; '' for none. */
  readonly versionIdMarker: string;
  /** 0 to 1,000. */
  readonly maxKeys: number;
}

/** Throws InvalidArgument, also for a version-id-marker without a key-marker. */
export function parseVersionsQuery(request: Pick<S3Request, 'query'>): VersionsQuery {
  const keyMarker = queryValue(request, 'key-marker') ?? '';
  const versionIdMarker = queryValue(request, 'version-id-marker') ?? '';
  if (versionIdMarker && !keyMarker) {
    const message = 'A version-id marker cannot be specified without a key marker.';
    throw invalidArgument('version-id-marker', versionIdMarker, message);
  }
  return present<VersionsQuery>({
    prefix: queryValue(request, 'prefix') ?? '',
    delimiter: queryValue(request, 'delimiter') ?? '',
    encodingType: parseEncodingType(request),
    keyMarker,
    versionIdMarker,
    maxKeys: pageSize(request, 'max-keys'),
  });
}

interface VersionId {
  readonly key: string;
  readonly versionId: string;
  readonly isLatest: boolean;
  /** ISO 8601 with milliseconds. */
  readonly lastModified: string;
  readonly owner?: Owner;
}

export interface ListedVersion extends VersionId, ListedChecksums {
  readonly deleteMarker: false;
  /** With its quotes. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  readonly storageClass?: string;
}

/** An object of a bucket that counts no versions, as the only one of its key. */
export const nullVersionOf = (object: ListedObject): ListedVersion => ({
  ...object,
  versionId: NULL_VERSION,
  isLatest: true,
  deleteMarker: false,
});

export interface ListedDeleteMarker extends VersionId {
  readonly deleteMarker: true;
}

export type VersionLine = ListedVersion | ListedDeleteMarker;

export interface VersionsPage {
  /** In the order of keys, the newest version of each first. */
  readonly versions: readonly VersionLine[];
  readonly commonPrefixes: readonly string[];
  readonly isTruncated: boolean;
  readonly nextKeyMarker?: string;
  readonly nextVersionIdMarker?: string;
}

/** The answer to ListObjectVersions. */
export function writeVersions(bucket: string, query: VersionsQuery, page: VersionsPage): string {
  const encode = nameEncoder(query.encodingType);
  const content = [
    element('Name', bucket),
    element('Prefix', encode(query.prefix)),
    element('KeyMarker', encode(query.keyMarker)),
    element('VersionIdMarker', query.versionIdMarker),
    element('NextKeyMarker', page.nextKeyMarker && encode(page.nextKeyMarker)),
    element('NextVersionIdMarker', page.nextVersionIdMarker),
    element('MaxKeys', query.maxKeys),
    query.delimiter && element('Delimiter', encode(query.delimiter)),
    element('EncodingType', query.encodingType),
    element('IsTruncated', page.isTruncated),
    ...page.versions.map((version) => writeVersion(version, encode)),
    writeCommonPrefixes(page.commonPrefixes, encode),
  ];
  return document('ListVersionsResult', content.join(''));
}

function writeVersion(version: VersionLine, encode: (name: string) => string): string {
  const id =
    element('Key', encode(version.key)) +
    element('VersionId', version.versionId) +
    element('IsLatest', version.isLatest) +
    element('LastModified', version.lastModified);
  if (version.deleteMarker) return parent('DeleteMarker', id + writeOwner(version.owner));
  const object =
    element('ETag', version.etag) +
    writeListedChecksums(version) +
    element('Size', version.size) +
    writeOwner(version.owner) +
    element('StorageClass', version.storageClass);
  return parent('Version', id + object);
}

/** A store's page of versions, names decoded. Throws MalformedXML. */
export function readVersions(source: XmlSource): VersionsPage {
  const root = readRoot(source, 'ListVersionsResult');
  const decode = nameDecoder(textOf(root, 'EncodingType'));
  const nextKeyMarker = textOf(root, 'NextKeyMarker');
  const versions = root.children.filter(({ name }) => name === 'Version' || name === 'DeleteMarker');
  return present<VersionsPage>({
    versions: versions.map((version) => readVersion(version, decode)),
    commonPrefixes: readCommonPrefixes(root, decode),
    isTruncated: isTrue(root, 'IsTruncated'),
    nextKeyMarker: nextKeyMarker ? decode(nextKeyMarker) : undefined,
    nextVersionIdMarker: textOf(root, 'NextVersionIdMarker') || undefined,
  });
}

function readVersion(xml: XmlElement, decode: (name: string) => string): VersionLine {
  const id = {
    key: decode(requiredText(xml, 'Key')),
    versionId: requiredText(xml, 'VersionId'),
    isLatest: isTrue(xml, 'IsLatest'),
    lastModified: requiredTime(xml, 'LastModified'),
    owner: readOwner(child(xml, 'Owner')),
  };
  if (xml.name === 'DeleteMarker') return present<ListedDeleteMarker>({ ...id, deleteMarker: true });
  return present<ListedVersion>({
    ...id,
    deleteMarker: false,
    etag: textOf(xml, 'ETag') ?? '',
    size: requiredCount(xml, 'Size'),
    storageClass: textOf(xml, 'StorageClass'),
    ...readListedChecksums(xml),
  });
}

import { readListedChecksums, writeListedChecksums } from './checksums.js';
import { readCommonPrefixes, writeCommonPrefixes } from './common-prefixes.js';
import type { ListedObject } from './listed-object.js';
import type { ListingQuery } from './listing-query.js';
import { readOwner, writeOwner } from './owner.js';
import { readPlainObjects } from './plain-objects.js';
import type { XmlElement, XmlSource } from './reader.js';
import {
  child,
  children,
  decodeText,
  isTrue,
  named,
  readXml,
  requiredCount,
  requiredText,
  requiredTime,
  textOf,
} from './reader.js';
import { nameDecoder, nameEncoder } from './url-encoding.js';
import { document, element, parent } from './writer.js';

export type { ListedObject } from './listed-object.js';
export { type ListingQuery, parseListingQuery } from './listing-query.js';

const ROOT = 'ListBucketResult';

export interface ListingPage {
  readonly objects: readonly ListedObject[];
  readonly commonPrefixes: readonly string[];
  readonly isTruncated: boolean;
  /** Of version 1; S3 gives it only with a delimiter, else the last key is the next marker. */
  readonly nextMarker?: string;
  /** Of version 2. */
  readonly nextContinuationToken?: string;
}

/** The answer to ListObjects or ListObjectsV2, its elements in the order of AWS. */
export function writeListing(bucket: string, query: ListingQuery, page: ListingPage): string {
  const encode = nameEncoder(query.encodingType);
  const content = [
    element('Name', bucket),
    element('Prefix', encode(query.prefix)),
    query.version === 1 ? writeMarkers(query, page, encode) : writeTokens(query, page, encode),
    element('MaxKeys', query.maxKeys),
    query.delimiter && element('Delimiter', encode(query.delimiter)),
    element('EncodingType', query.encodingType),
    element('IsTruncated', page.isTruncated),
    ...page.objects.map((object) => writeObject(object, query.fetchOwner, encode)),
    writeCommonPrefixes(page.commonPrefixes, encode),
  ];
  return document(ROOT, content.join(''));
}

type Encode = (name: string) => string;

function writeMarkers(query: ListingQuery, page: ListingPage, encode: Encode): string {
  const marker = element('Marker', encode(query.marker ?? ''));
  if (!page.isTruncated || query.delimiter === '' || page.nextMarker === undefined) return marker;
  return marker + element('NextMarker', encode(page.nextMarker));
}

function writeTokens(query: ListingQuery, page: ListingPage, encode: Encode): string {
  return (
    element('ContinuationToken', query.continuationToken) +
    element('NextContinuationToken', page.nextContinuationToken) +
    element('StartAfter', query.startAfter && encode(query.startAfter)) +
    element('KeyCount', page.objects.length + page.commonPrefixes.length)
  );
}

function writeObject(object: ListedObject, withOwner: boolean, encode: Encode): string {
  const content =
    element('Key', encode(object.key)) +
    element('LastModified', object.lastModified) +
    element('ETag', object.etag) +
    writeListedChecksums(object) +
    element('Size', object.size) +
    (withOwner ? writeOwner(object.owner) : '') +
    element('StorageClass', object.storageClass);
  return parent('Contents', content);
}

/** A store's page of either version, names decoded. Throws MalformedXML. */
export function readListing(source: XmlSource): ListingPage {
  const xml = decodeText(source);
  const plain = readPlainObjects(xml, decoderOf);
  const root = named(plain?.root ?? readXml(xml), ROOT);
  const decode = decoderOf(root);
  const nextMarker = textOf(root, 'NextMarker');
  const nextContinuationToken = textOf(root, 'NextContinuationToken');
  return {
    objects: plain?.objects ?? children(root, 'Contents').map((object) => readObject(object, decode)),
    commonPrefixes: readCommonPrefixes(root, decode),
    isTruncated: isTrue(root, 'IsTruncated'),
    ...(nextMarker && { nextMarker: decode(nextMarker) }),
    ...(nextContinuationToken && { nextContinuationToken }),
  };
}

const decoderOf = (root: XmlElement) => nameDecoder(textOf(root, 'EncodingType'));

function readObject(xml: XmlElement, decode: Encode): ListedObject {
  const storageClass = textOf(xml, 'StorageClass');
  const owner = readOwner(child(xml, 'Owner'));
  return {
    key: decode(requiredText(xml, 'Key')),
    lastModified: requiredTime(xml, 'LastModified'),
    etag: textOf(xml, 'ETag') ?? '',
    size: requiredCount(xml, 'Size'),
    ...(storageClass && { storageClass }),
    ...(owner && { owner }),
    ...readListedChecksums(xml),
  };
}

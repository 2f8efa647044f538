import { invalidArgument } from '../../s3/invalid-argument.js';
import {
  type ListedObject,
  type ListingPage,
  type ListingQuery,
  parseListingQuery,
  writeListing,
} from '../../s3/xml/listing.js';
import { xmlResponse } from '../../s3/xml/response.js';
import { NULL_VERSION, nullVersionOf, parseVersionsQuery, writeVersions } from '../../s3/xml/versions.js';
import type { Handler } from './operation.js';
import { OWNER } from './owner.js';
import type { ObjectRecord } from './records.js';
import { entriesAfter, type SelectedPage, selectPage } from './select-page.js';

/** ListObjects and ListObjectsV2. Throws InvalidArgument. */
export const listObjects: Handler = async ({ request, bucket }) => {
  const query = parseListingQuery(request);
  const { prefix, delimiter, maxKeys: limit } = query;
  const page = selectPage(bucket.objects, { prefix, delimiter, ...entriesAfter(startOf(query)), limit });
  return xmlResponse(writeListing(request.bucket, query, pageOf(page)));
};

/** ListObjectVersions: each object is the only version, `null`, of its key. Throws InvalidArgument. */
export const listObjectVersions: Handler = async ({ request, bucket }) => {
  const query = parseVersionsQuery(request);
  const { prefix, delimiter, keyMarker, maxKeys: limit } = query;
  const page = selectPage(bucket.objects, { prefix, delimiter, ...entriesAfter(keyMarker), limit });
  const document = writeVersions(request.bucket, query, {
    versions: page.rows.map(({ name, row }) => nullVersionOf(listed(name, row))),
    commonPrefixes: page.commonPrefixes,
    isTruncated: page.isTruncated,
    ...(page.last && { nextKeyMarker: page.last.name }),
    ...(page.last?.row && { nextVersionIdMarker: NULL_VERSION }),
  });
  return xmlResponse(document);
};

function startOf({ version, marker, continuationToken, startAfter }: ListingQuery): string {
  if (version === 1) return marker ?? '';
  return continuationToken === undefined ? (startAfter ?? '') : openToken(continuationToken);
}

function pageOf({ rows, commonPrefixes, isTruncated, last }: SelectedPage<ObjectRecord>): ListingPage {
  return {
    objects: rows.map(({ name, row }) => listed(name, row)),
    commonPrefixes,
    isTruncated,
    ...(last && { nextMarker: last.name, nextContinuationToken: tokenOf(last.name) }),
  };
}

function listed(
  key: string,
  { lastModified, etag, size, headers, checksums, checksumType }: ObjectRecord,
): ListedObject {
  return {
    key,
    lastModified: new Date(lastModified).toISOString(),
    etag,
    size,
    storageClass: headers['x-amz-storage-class'] ?? 'STANDARD',
    owner: OWNER,
    ...(checksums && { checksumAlgorithm: Object.keys(checksums).map((name) => name.toUpperCase()) }),
    ...(checksumType && { checksumType }),
  };
}

/** Opaque to clients: the last entry of the page before. */
function tokenOf(name: string): string {
  return Buffer.from(name).toString('base64url');
}

function openToken(token: string): string {
  const name = Buffer.from(token, 'base64url').toString();
  if (tokenOf(name) === token) return name;
  throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect');
}

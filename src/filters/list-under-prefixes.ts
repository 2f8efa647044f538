import { StringDecoder } from 'node:string_decoder';
import { collect } from '../s3/body.js';
import { S3Error } from '../s3/errors.js';
import { commonPrefixOf, compareKeys, hasKeyLength, MAX_KEY_BYTES } from '../s3/keys.js';
import type { QueryParameter, S3Request, S3Response, S3Service } from '../s3/message.js';
import {
  type ListingPage,
  type ListingQuery,
  parseListingQuery,
  readListing,
  writeListing,
} from '../s3/xml/listing.js';
import { xmlResponse } from '../s3/xml/response.js';
import { type KeyPrefixes, keyInTarget, nameInShadow } from './key-prefixes.js';

/** Longer than a page of 1,000 keys of 1,024 bytes, each byte escaped. */
const MAX_PAGE = 16 * 1024 * 1024;

const EMPTY: ListingPage = { objects: [], commonPrefixes: [], isTruncated: false };

/**
 * ListObjectsV2 of the shadow's keys as the target calls them: they are in the same order there, so that pages stay pages. A delimiter that
 * begins in `targetPrefix` and ends in the rest of a key is not known to the shadow: such keys are rolled up here, and a page that follows by
 * token may begin with the common prefix that the one before ended with.
 *
 * @throws S3Error InvalidArgument
 */
export async function listUnderPrefixes(
  service: S3Service,
  request: S3Request,
  prefixes: KeyPrefixes,
): Promise<S3Response> {
  const query = parseListingQuery(request);
  if (!mayList(query, prefixes)) return answered(request, query, EMPTY);
  const asked = queryInShadow(query, prefixes);
  const kept = request.query.filter(([name]) => !asked.has(name));
  const translated = [...kept, ...[...asked].filter(([, value]) => value !== '')];
  const answer = await service({ ...request, query: translated });
  if (answer.status !== 200) return answer;
  const body = await collect(answer.body, MAX_PAGE);
  const page = pageIn(body);
  return page ? answered(request, query, pageInTarget(page, query, prefixes)) : { ...answer, body };
}

/** Whether any key of the shadow can be in the listing. */
function mayList({ prefix, startAfter = '' }: ListingQuery, prefixes: KeyPrefixes): boolean {
  const { targetPrefix } = prefixes;
  const inside = nameInShadow(prefixes, prefix);
  if (inside === undefined ? !targetPrefix.startsWith(prefix) : !hasKeyLength(inside)) return false;
  return startAfter.startsWith(targetPrefix) || compareKeys(startAfter, targetPrefix) < 0;
}

/** The parameters that are others for the shadow; '' for none. */
function queryInShadow(query: ListingQuery, prefixes: KeyPrefixes): Map<QueryParameter[0], string> {
  const { prefix, delimiter, startAfter = '', maxKeys } = query;
  // Where all keys have one common prefix, any of them will do.
  const isOne = commonPrefixOf(prefixes.targetPrefix, prefix, delimiter) !== undefined;
  return new Map([
    ['prefix', nameInShadow(prefixes, prefix) ?? prefixes.prefix],
    // Without a targetPrefix the shadow's key `prefix` would be an empty one, and is passed over.
    ['start-after', shortened(nameInShadow(prefixes, startAfter) ?? '')],
    ['delimiter', isOne ? '' : delimiter],
    ['max-keys', String(isOne ? Math.min(maxKeys, 1) : maxKeys)],
  ]);
}

/** What sorts no later, and before the same keys but those that its last bytes tell from it: no longer than stores take. */
const shortened = (name: string): string =>
  hasKeyLength(name) ? name : new StringDecoder('utf8').write(Buffer.from(name).subarray(0, MAX_KEY_BYTES));

/** What cannot be read as a listing is for the one who asked to judge. */
function pageIn(body: Buffer): ListingPage | undefined {
  try {
    return readListing(body);
  } catch (error) {
    if (error instanceof S3Error && error.code === 'MalformedXML') return undefined;
    throw error;
  }
}

function pageInTarget(page: ListingPage, query: ListingQuery, prefixes: KeyPrefixes): ListingPage {
  const { prefix, delimiter, startAfter = '' } = query;
  const rollUp = (key: string) => commonPrefixOf(key, prefix, delimiter);
  const isAfter = (name: string) => compareKeys(name, startAfter) > 0;
  const objects = page.objects.map((object) => ({ ...object, key: keyInTarget(prefixes, object.key) }));
  const listed = page.commonPrefixes.map((name) => keyInTarget(prefixes, name));
  const rolledUp = [...objects.map(({ key }) => key), ...listed].flatMap((name) => rollUp(name) ?? []);
  return {
    ...page,
    objects: objects.filter(({ key }) => rollUp(key) === undefined && isAfter(key)),
    commonPrefixes: [...new Set(rolledUp)].filter(isAfter).sort(compareKeys),
    isTruncated: page.isTruncated && rollUp(prefixes.targetPrefix) === undefined,
  };
}

function answered({ bucket }: S3Request, query: ListingQuery, page: ListingPage): S3Response {
  return xmlResponse(writeListing(bucket, query, page));
}

import { BackendUnavailable } from '../../backends/backend.js';
import { S3Error } from '../../s3/errors.js';
import { invalidArgument } from '../../s3/invalid-argument.js';
import type { S3Request, S3Response } from '../../s3/message.js';
import {
  type ListingPage,
  type ListingQuery,
  parseListingQuery,
  writeListing,
} from '../../s3/xml/listing.js';
import { xmlResponse } from '../../s3/xml/response.js';
import type { PageEnd, PageTokens } from '../../state/page-tokens.js';
import { SealBroken } from '../../state/sealing.js';
import { type Entry, ListingRefused, type PageRequest } from './store-page.js';

/** Entries of a listing, and whether others follow. */
export interface Page<Line = Entry> {
  readonly entries: readonly Line[];
  readonly isTruncated: boolean;
}

/**
 * The answer to ListObjects or ListObjectsV2, of a page that `readPage` reads.
 *
 * @throws S3Error InvalidArgument; ServiceUnavailable when a store does not list
 */
export async function answerListing(
  request: S3Request,
  tokens: PageTokens,
  readPage: (wanted: PageRequest) => Promise<Page>,
): Promise<S3Response> {
  const query = parseListingQuery(request);
  const wanted = pageRequest(query, tokens, request.signal);
  const page = query.maxKeys === 0 ? EMPTY_PAGE : await withoutHoles(readPage(wanted));
  return xmlResponse(writeListing(request.bucket, query, listingPage(query, page, tokens)));
}

export const EMPTY_PAGE: Page<never> = { entries: [], isTruncated: false };

function pageRequest(query: ListingQuery, tokens: PageTokens, signal: AbortSignal): PageRequest {
  const { prefix, delimiter, maxKeys, fetchOwner, continuationToken, startAfter, marker } = query;
  const begun = continuationToken === undefined ? undefined : openToken(tokens, continuationToken).after;
  return { prefix, delimiter, after: begun ?? startAfter ?? marker, maxKeys, fetchOwner, signal };
}

function listingPage(query: ListingQuery, { entries, isTruncated }: Page, tokens: PageTokens): ListingPage {
  const listed = {
    objects: entries.flatMap(({ object }) => object ?? []),
    commonPrefixes: entries.filter(({ object }) => !object).map(({ name }) => name),
    isTruncated,
  };
  const last = entries.at(-1)?.name;
  if (!isTruncated || last === undefined) return listed;
  return query.version === 1
    ? { ...listed, nextMarker: last }
    : { ...listed, nextContinuationToken: tokens.seal({ after: last }) };
}

/** A listing with holes would be worse than none, whichever store it is that fails. */
export async function withoutHoles<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ListingRefused) throw cannotList(error.message, error);
    if (error instanceof BackendUnavailable) throw cannotList(`no answer (${error.reason})`, error);
    throw error;
  }
}

const cannotList = (reason: string, cause: Error): S3Error =>
  new S3Error('ServiceUnavailable', `The bucket cannot be listed now: ${reason}.`, {
    headers: { 'retry-after': '1' },
    cause,
  });

/** @throws S3Error InvalidArgument for a token that was not given for this bucket */
export function openToken(tokens: PageTokens, token: string): PageEnd {
  try {
    return tokens.open(token);
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect', error);
  }
}

import { BackendUnavailable } from '../backends/backend.js';
import { S3Error } from '../s3/errors.js';
import type { S3Request, S3Response } from '../s3/message.js';
import { type ListingPage, type ListingQuery, parseListingQuery, writeListing } from '../s3/xml/listing.js';
import { opening, shadowFailed } from './ask-shadow.js';
import type { ShadowContext } from './context.js';
import { type MergedPage, readMergedPage } from './merged-page.js';
import { ListingRefused, type PageRequest } from './store-page.js';

/** ListObjects and ListObjectsV2 of the view. Tokens are the last name listed, so they need no state and hold on any gateway. */
export async function list(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  if (ctx.rung === 'opening') throw opening();
  const query = parseListingQuery(request);
  const merged = query.maxKeys === 0 ? EMPTY_PAGE : await readView(ctx, pageRequest(query, request.signal));
  const body = Buffer.from(writeListing(request.bucket, query, listingPage(query, merged)));
  const headers = { 'content-type': 'application/xml', 'content-length': String(body.length) };
  return { status: 200, headers, body };
}

const EMPTY_PAGE: MergedPage = { entries: [], isTruncated: false };

async function readView(ctx: ShadowContext, wanted: PageRequest): Promise<MergedPage> {
  try {
    return await readMergedPage(ctx, wanted);
  } catch (error) {
    // A listing with holes would be worse than none, whichever store it is that fails.
    if (error instanceof ListingRefused) throw shadowFailed(error.message, error);
    if (error instanceof BackendUnavailable) throw shadowFailed(`no answer (${error.reason})`, error);
    throw error;
  }
}

const pageRequest = (query: ListingQuery, signal: AbortSignal): PageRequest => ({
  prefix: query.prefix,
  delimiter: query.delimiter,
  after: query.continuationToken ? readToken(query.continuationToken) : (query.startAfter ?? query.marker),
  maxKeys: query.maxKeys,
  fetchOwner: query.fetchOwner,
  signal,
});

function listingPage(query: ListingQuery, { entries, isTruncated }: MergedPage): ListingPage {
  const listed = {
    objects: entries.flatMap(({ object }) => object ?? []),
    commonPrefixes: entries.filter(({ object }) => !object).map(({ name }) => name),
    isTruncated,
  };
  const last = entries.at(-1)?.name;
  if (!isTruncated || last === undefined) return listed;
  return query.version === 1
    ? { ...listed, nextMarker: last }
    : { ...listed, nextContinuationToken: writeToken(last) };
}

const TOKEN_PREFIX = 'p1.';

const writeToken = (last: string): string => TOKEN_PREFIX + Buffer.from(last).toString('base64url');

/** @throws S3Error InvalidArgument for a token that this gateway's kind did not write */
function readToken(token: string): string {
  if (token.startsWith(TOKEN_PREFIX))
    return Buffer.from(token.slice(TOKEN_PREFIX.length), 'base64url').toString('utf8');
  throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect', {
    fields: { ArgumentName: 'continuation-token', ArgumentValue: token },
  });
}

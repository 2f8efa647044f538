import { discard } from '../../s3/body.js';
import { compareKeys } from '../../s3/keys.js';
import type { S3Service } from '../../s3/message.js';
import { type ListedObject, type ListingPage, readListing } from '../../s3/xml/listing.js';
import type { VersionLine } from '../../s3/xml/versions.js';
import { ask, isSuccess, readBody } from '../ask.js';

/** A line of a listing: an object, or a common prefix, which stands for all keys that begin with it. */
export interface Entry {
  readonly name: string;
  readonly object?: ListedObject;
  /** In place of an object: what a listing of versions has of the key on this page, the newest first. */
  readonly versions?: readonly VersionLine[];
}

/** One page of one store, in key order. */
export interface StorePage {
  readonly entries: readonly Entry[];
  /** The last name that the page covers; undefined when it reaches the end. */
  readonly end?: string;
}

export interface PageRequest {
  readonly prefix: string;
  /** '' for none. */
  readonly delimiter: string;
  /** Entries after this name; from the beginning when undefined. */
  readonly after?: string | undefined;
  /** In a listing of versions: those of the key `after` that are older than this one are in the page too. */
  readonly afterVersion?: string | undefined;
  /** 1 to 1,000. */
  readonly maxKeys: number;
  readonly fetchOwner?: boolean;
  readonly signal: AbortSignal;
}

/** A store does not list: it answered with an error, or with something that is no listing. */
export class ListingRefused extends Error {
  override readonly name = 'ListingRefused';
}

/** What stores give at most. */
export const MAX_PAGE = 1_000;

/** U+10FFFF: the last character that a key can hold. */
const LAST_CHARACTER = '\u{10ffff}';

/**
 * Reads one page by a list call that names where it starts, so that it needs no token of the store. Only where a store sends a page
 * that has nothing new, and says that there is more, its token leads on: after many delete markers, or after a common prefix that `after`
 * begins with.
 *
 * @throws ListingRefused, BackendUnavailable
 */
export async function readStorePage(service: S3Service, wanted: PageRequest): Promise<StorePage> {
  let token: string | undefined;
  for (;;) {
    const page = await askForPage(service, wanted, token);
    const entries = entriesAfter(page, wanted.after);
    if (!page.isTruncated) return { entries };
    const last = entries.at(-1);
    if (last) return { entries, end: last.name };
    if (page.nextContinuationToken === token)
      throw new ListingRefused('the listing of the store does not go on');
    token = page.nextContinuationToken;
  }
}

async function askForPage(
  service: S3Service,
  wanted: PageRequest,
  token: string | undefined,
): Promise<ListingPage> {
  const query =
    token === undefined ? queryOf(wanted) : [...queryOf(wanted), ['continuation-token', token] as const];
  const answer = await service(ask('ListObjectsV2', { query, signal: wanted.signal }));
  if (!isSuccess(answer)) {
    discard(answer.body);
    throw new ListingRefused(`the store answered ${answer.status} to a listing`);
  }
  const body = await readBody(answer);
  return asListing(() => readListing(body));
}

/** What `read` makes of a store's document. @throws ListingRefused when it is no listing */
export async function asListing<T>(read: () => T): Promise<T> {
  try {
    return read();
  } catch (error) {
    // To the reader of XML a client's document and a store's are alike; here it is the store that is at fault.
    throw new ListingRefused('the store answered a listing that cannot be read', { cause: error });
  }
}

/** In key order. A store may roll keys after `after` up into a common prefix that is not after it. */
function entriesAfter(page: ListingPage, after: string | undefined): Entry[] {
  const entries: Entry[] = [
    ...page.objects.map((object) => ({ name: object.key, object })),
    ...page.commonPrefixes.map((name) => ({ name })),
  ];
  if (page.commonPrefixes.length > 0) entries.sort((a, b) => compareKeys(a.name, b.name));
  return after === undefined ? entries : entries.filter((entry) => compareKeys(entry.name, after) > 0);
}

function queryOf({ prefix, delimiter, after, maxKeys, fetchOwner }: PageRequest): [string, string][] {
  const query: [string, string][] = [
    ['list-type', '2'],
    ['encoding-type', 'url'],
    ['max-keys', String(maxKeys)],
  ];
  if (prefix) query.push(['prefix', prefix]);
  if (delimiter) query.push(['delimiter', delimiter]);
  if (after) query.push(['start-after', startAfter(after, { prefix, delimiter })]);
  if (fetchOwner) query.push(['fetch-owner', 'true']);
  return query;
}

/**
 * Where a listing goes on that stopped at `after`: behind all keys that a common prefix stands for. A key can end in the delimiter and be none:
 * `//` under the prefix `/` has no `//` after it.
 */
export function startAfter(
  after: string,
  { prefix, delimiter }: Pick<PageRequest, 'prefix' | 'delimiter'>,
): string {
  if (delimiter === '' || !after.startsWith(prefix)) return after;
  const found = after.indexOf(delimiter, prefix.length);
  return found >= 0 && found + delimiter.length === after.length ? after + LAST_CHARACTER : after;
}

interface Stretch {
  readonly prefix?: string;
  readonly after?: string | undefined;
}

/** All objects of a store whose keys begin with `prefix` and come after `after`, in key order. */
export async function* listStore(
  service: S3Service,
  signal: AbortSignal,
  stretch: Stretch = {},
): AsyncGenerator<ListedObject> {
  for await (const objects of listPages(service, signal, stretch)) yield* objects;
}

/** As `listStore`, a page at a time: a turn of a generator for each object would cost more than to read it. */
export async function* listPages(
  service: S3Service,
  signal: AbortSignal,
  { prefix = '', after }: Stretch = {},
): AsyncGenerator<ListedObject[]> {
  let end = after;
  do {
    const page = await readStorePage(service, {
      prefix,
      delimiter: '',
      after: end,
      maxKeys: MAX_PAGE,
      signal,
    });
    yield page.entries.flatMap(({ object }) => object ?? []);
    end = page.end;
  } while (end !== undefined);
}

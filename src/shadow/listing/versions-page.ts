import { compareKeys } from '../../s3/keys.js';
import type { QueryParameter, S3Response, S3Service } from '../../s3/message.js';
import { readVersions, type VersionLine, type VersionsPage } from '../../s3/xml/versions.js';
import { ask, isSuccess, readBody } from '../ask.js';
import {
  asListing,
  type Entry,
  ListingRefused,
  type PageRequest,
  type StorePage,
  startAfter,
} from './store-page.js';

/** A store does not list versions: it may not know what they are, or what is asked for. Its answer is the client's. */
export class VersionsRefused extends Error {
  override readonly name = 'VersionsRefused';

  constructor(readonly answer: S3Response) {
    super(`the store answered ${answer.status} to a listing of versions`);
  }
}

type Marker = readonly [key: string, version: string];

/**
 * Reads one page of all that a store has of each key, delete markers too. Where the page has nothing new, and the store says that there is more,
 * its own markers lead on: Ceph begins with the versions of a key-marker that comes without a version.
 *
 * @throws VersionsRefused, ListingRefused
 */
export async function readVersionsPage(service: S3Service, wanted: PageRequest): Promise<StorePage> {
  const { after = '', afterVersion = '' } = wanted;
  let marker: Marker = [afterVersion ? after : startAfter(after, wanted), afterVersion];
  for (;;) {
    const page = await askForVersions(service, wanted, marker);
    const entries = entriesAfter(page, wanted);
    if (!page.isTruncated) return { entries };
    const last = entries.at(-1);
    if (last) return { entries, end: last.name };
    marker = leadingOn(page, marker);
  }
}

function leadingOn(
  { nextKeyMarker, nextVersionIdMarker = '' }: VersionsPage,
  [key, version]: Marker,
): Marker {
  if (nextKeyMarker === undefined || (nextKeyMarker === key && nextVersionIdMarker === version))
    throw new ListingRefused('the listing of versions does not go on');
  return [nextKeyMarker, nextVersionIdMarker];
}

async function askForVersions(
  service: S3Service,
  { prefix, delimiter, maxKeys, signal }: PageRequest,
  [key, version]: Marker,
): Promise<VersionsPage> {
  const query: QueryParameter[] = [
    ['versions', ''],
    ['encoding-type', 'url'],
    ['max-keys', String(maxKeys)],
  ];
  if (prefix) query.push(['prefix', prefix]);
  if (delimiter) query.push(['delimiter', delimiter]);
  if (key) query.push(['key-marker', key]);
  if (version) query.push(['version-id-marker', version]);
  const answer = await service(ask('ListObjectVersions', { query, signal }));
  if (!isSuccess(answer)) throw new VersionsRefused(answer);
  const body = await readBody(answer);
  return asListing(() => readVersions(body));
}

/** In key order; versions of one key are one entry. */
function entriesAfter({ versions, commonPrefixes }: VersionsPage, wanted: PageRequest): Entry[] {
  const byKey = new Map<string, VersionLine[]>();
  for (const version of versions) {
    const lines = byKey.get(version.key);
    if (lines) lines.push(version);
    else byKey.set(version.key, [version]);
  }
  const entries: Entry[] = [...byKey].map(([name, lines]) => ({ name, versions: lines }));
  entries.push(...commonPrefixes.map((name) => ({ name })));
  const { after, afterVersion } = wanted;
  const first = afterVersion ? 0 : 1;
  return entries
    .filter(({ name }) => after === undefined || compareKeys(name, after) >= first)
    .sort((a, b) => compareKeys(a.name, b.name));
}

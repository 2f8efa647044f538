import type { S3Request, S3Response } from '../../s3/message.js';
import { xmlResponse } from '../../s3/xml/response.js';
import {
  nullVersionOf,
  parseVersionsQuery,
  type VersionLine,
  type VersionsPage,
  type VersionsQuery,
  writeVersions,
} from '../../s3/xml/versions.js';
import { opening } from '../ask-shadow.js';
import type { ShadowContext } from '../context.js';
import { seesShadow } from '../rungs.js';
import { withoutHoles } from './listing-answer.js';
import { readMergedPage } from './merged-page.js';
import type { Entry } from './store-page.js';
import { readVersionsPage, VersionsRefused } from './versions-page.js';

/**
 * ListObjectVersions of the view: what the target has of each key, and where it has neither a version nor a delete marker, the shadow's current object
 * as the version `null`.
 */
export async function listVersions(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  if (ctx.rung === 'opening') throw opening();
  const query = parseVersionsQuery(request);
  if (!seesShadow(ctx) || query.maxKeys === 0) return ctx.target(request);
  try {
    const page = await withoutHoles(readPage(ctx, query, request.signal));
    return xmlResponse(writeVersions(request.bucket, query, page));
  } catch (error) {
    if (error instanceof VersionsRefused) return error.answer;
    throw error;
  }
}

/** A version, or a common prefix. */
interface Line {
  readonly name: string;
  readonly version?: VersionLine;
  /** How the next page is told that it begins after this line. */
  readonly marker?: string;
}

async function readPage(
  ctx: ShadowContext,
  query: VersionsQuery,
  signal: AbortSignal,
): Promise<VersionsPage> {
  const { prefix, delimiter, keyMarker, versionIdMarker, maxKeys } = query;
  const { entries, isTruncated } = await readMergedPage(ctx, {
    prefix,
    delimiter,
    after: keyMarker || undefined,
    afterVersion: versionIdMarker || undefined,
    maxKeys,
    fetchOwner: true,
    signal,
    readTarget: readVersionsPage,
  });
  const lines = entries.flatMap(linesOf);
  const cut = lines.slice(0, maxKeys);
  const goesOn = isTruncated || cut.length < lines.length;
  return {
    versions: cut.flatMap(({ version }) => version ?? []),
    commonPrefixes: cut.filter(({ version }) => !version).map(({ name }) => name),
    isTruncated: goesOn,
    ...(goesOn && markersOf(cut.at(-1))),
  };
}

function linesOf({ name, object, versions }: Entry): Line[] {
  if (versions) return versions.map((version) => ({ name, version, marker: version.versionId }));
  return [object ? { name, version: nullVersionOf(object) } : { name }];
}

/**
 * After an object of the shadow the next page begins with the next key: a store to which it was copied by then may have it under another version, and
 * knows of none called `null`.
 */
const markersOf = (last: Line | undefined) => ({
  ...(last && { nextKeyMarker: last.name }),
  ...(last?.marker && { nextVersionIdMarker: last.marker }),
});

import pLimit from 'p-limit';
import { BackendUnavailable } from '../../backends/backend.js';
import { compareKeys } from '../../s3/keys.js';
import type { ShadowContext } from '../context.js';
import { ListingRefused, readStorePage } from '../listing/store-page.js';
import { isInTarget } from '../view.js';

/** HEAD requests under way at once for one search. */
const CONCURRENCY = 32;

/** The most entries that S3 lists at once. */
const PAGE = 1_000;

/** Where a page of a listing tells of fewer keys than these, to ask for each of them costs less. */
const WORTH_A_PAGE = 16;

export interface FoundKeys {
  readonly present: ReadonlySet<string>;
  /** Why the target did not tell of a key. */
  readonly failures: ReadonlyMap<string, unknown>;
}

/**
 * Which of many keys the target has, at some moment of the call for each. Neighbours are found in listings, which are as
 * consistent as HEAD (AWS S3 user guide, "Amazon S3 data consistency model"), all others by HEAD.
 */
export async function findInTarget(
  ctx: ShadowContext,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<FoundKeys> {
  const { present, untold } = await findListed(ctx, [...keys].sort(compareKeys), signal);
  const failures = new Map<string, unknown>();
  const limit = pLimit(CONCURRENCY);
  const look = async (key: string) => {
    try {
      if (await isInTarget(ctx, key, signal)) present.add(key);
    } catch (error) {
      failures.set(key, error);
    }
  };
  await Promise.all(untold.map((key) => limit(look, key)));
  return { present, failures };
}

interface Listed {
  readonly present: Set<string>;
  /** The keys that no listing told of. */
  readonly untold: string[];
}

/** A target that does not list is asked for each key. */
async function findListed(ctx: ShadowContext, sorted: string[], signal: AbortSignal): Promise<Listed> {
  const listed: Listed = { present: new Set(), untold: [] };
  let rest = sorted;
  try {
    while (rest.length > WORTH_A_PAGE) rest = await listOnce(ctx, rest, { listed, signal });
  } catch (error) {
    if (!(error instanceof ListingRefused || error instanceof BackendUnavailable)) throw error;
  }
  return { ...listed, untold: [...listed.untold, ...rest] };
}

/** A page begins after the first key, of which it cannot tell. Returns the keys that are still to be listed. */
async function listOnce(
  ctx: ShadowContext,
  [first = '', ...others]: readonly string[],
  { listed, signal }: { listed: Listed; signal: AbortSignal },
): Promise<string[]> {
  const wanted = { prefix: '', delimiter: '', after: first, maxKeys: PAGE, signal };
  const { entries, end } = await readStorePage(ctx.target, wanted);
  const names = new Set(entries.map(({ name }) => name));
  const isBeyond = (key: string) => end !== undefined && compareKeys(key, end) > 0;
  const rest = others.filter(isBeyond);
  for (const key of others) if (names.has(key)) listed.present.add(key);
  listed.untold.push(first);
  if (others.length - rest.length >= WORTH_A_PAGE) return rest;
  listed.untold.push(...rest);
  return [];
}

import { compareKeys } from '../../s3/keys.js';
import type { S3Service } from '../../s3/message.js';
import type { ShadowContext } from '../context.js';
import { excludesWriters, seesShadow } from '../rungs.js';
import { withinGrace } from '../shadow-look.js';
import { sideBySide } from '../side-by-side.js';
import { type Entry, MAX_PAGE, type PageRequest, readStorePage, type StorePage } from './store-page.js';

/** One page of the view: S's entries and T's, each name once, T's where both have it, minus what clients deleted. */
export interface MergedPage {
  /** As many lines as are wanted, unless it is the last page; there can be more, which are for the next. */
  readonly entries: readonly Entry[];
  /** Whether others follow. */
  readonly isTruncated: boolean;
}

/** Common prefixes of which it is found out at once whether they have a key left. */
const PREFIXES_AT_ONCE = 8;

export interface MergeRequest extends PageRequest {
  /** Reads what T has of a range: its objects, or all their versions. */
  readonly readTarget: (target: S3Service, wanted: PageRequest) => Promise<StorePage>;
}

/**
 * LIST: S's page, then T's of the same range, then D. A page is full unless it is the last, which can be empty where
 * all that follows in the shadow is deleted.
 *
 * @throws ListingRefused, BackendUnavailable, and what `readTarget` does
 */
export async function readMergedPage(ctx: ShadowContext, wanted: MergeRequest): Promise<MergedPage> {
  const found: Entry[] = [];
  let lines = 0;
  let next: Partial<MergeRequest> | undefined = {};
  do {
    const step: StorePage = await readStep(ctx, { ...wanted, ...next });
    found.push(...step.entries);
    lines += step.entries.reduce((sum, { versions }) => sum + (versions?.length ?? 1), 0);
    next = following(step);
  } while (lines < wanted.maxKeys && next !== undefined);
  return { entries: found, isTruncated: next !== undefined };
}

/**
 * Where names are hidden there may be many, so what follows is asked for in full pages. The page of a listing of versions can end within those of a
 * key.
 */
function following({ entries, end }: StorePage): Partial<MergeRequest> | undefined {
  if (end === undefined) return undefined;
  const last = entries.at(-1);
  const afterVersion = last?.name === end ? last.versions?.at(-1)?.versionId : undefined;
  return { after: end, afterVersion, maxKeys: MAX_PAGE };
}

async function* oneByOne<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** The view of a range that both stores' pages cover whole. */
async function readStep(ctx: ShadowContext, wanted: MergeRequest): Promise<StorePage> {
  const { entries, end, hidden, doubtful } = await withinGrace(ctx, () => look(ctx, wanted));
  const { signal } = wanted;
  await sideBySide(oneByOne(doubtful), { limit: PREFIXES_AT_ONCE, signal }, async (prefix) => {
    if (!(await hasLiveKey(ctx, prefix, signal))) hidden.add(prefix);
  });
  return hidden.size === 0 ? page(entries, end) : revealed(ctx, wanted, { entries, end, hidden });
}

interface Look {
  readonly entries: readonly Entry[];
  readonly end: string | undefined;
  /** Names of the shadow's alone that clients deleted. */
  readonly hidden: Set<string>;
  /** Common prefixes of the shadow's alone under which clients deleted something. */
  readonly doubtful: readonly string[];
}

async function look(ctx: ShadowContext, wanted: MergeRequest): Promise<Look> {
  const [inShadow, inTarget] = await readBoth(ctx, wanted);
  const end = firstEnd(inShadow.end, inTarget.end);
  const ofShadow = upTo(inShadow.entries, end);
  const onlyShadow = absentFrom(ofShadow, inTarget.entries);
  const [objects, prefixes] = [namesOf(onlyShadow, isObject), namesOf(onlyShadow, isPrefix)];
  const hidden = await ctx.ledger.deletedAmong(objects);
  const deletes = await Promise.all(prefixes.map((prefix) => ctx.ledger.anyDeleted(prefix)));
  const entries = merge(ofShadow, upTo(inTarget.entries, end));
  return { entries, end, hidden, doubtful: prefixes.filter((_, index) => deletes[index]) };
}

const isObject = ({ object }: Entry): boolean => object !== undefined;
const isPrefix = ({ object }: Entry): boolean => object === undefined;

const namesOf = (entries: readonly Entry[], which: (entry: Entry) => boolean): string[] =>
  entries.filter(which).map(({ name }) => name);

const NOTHING: StorePage = { entries: [] };

/** S before T: in write-through the other order would show a write that failed. Without it either may come first. */
async function readBoth(ctx: ShadowContext, wanted: MergeRequest): Promise<[StorePage, StorePage]> {
  const inShadow = seesShadow(ctx) ? readStorePage(ctx.shadow, wanted) : Promise.resolve(NOTHING);
  if (excludesWriters(ctx)) await inShadow;
  return Promise.all([inShadow, wanted.readTarget(ctx.target, wanted)]);
}

/** In D -> T is read once more: that entry, or none. */
async function revealed(
  ctx: ShadowContext,
  wanted: MergeRequest,
  step: { entries: readonly Entry[]; end: string | undefined; hidden: ReadonlySet<string> },
): Promise<StorePage> {
  const again = await wanted.readTarget(ctx.target, wanted);
  const covered = firstEnd(step.end, again.end);
  const visible = step.entries.filter((entry) => !step.hidden.has(entry.name));
  const written = again.entries.filter((entry) => step.hidden.has(entry.name));
  return page(merge(upTo(visible, covered), upTo(written, covered)), covered);
}

/** A common prefix of the shadow is seen unless all of its keys are deleted. */
async function hasLiveKey(ctx: ShadowContext, prefix: string, signal: AbortSignal): Promise<boolean> {
  let after: string | undefined;
  do {
    const wanted = { prefix, delimiter: '', after, maxKeys: MAX_PAGE, signal };
    const step = await withinGrace(ctx, async () => {
      const { entries, end } = await readStorePage(ctx.shadow, wanted);
      const deleted = await ctx.ledger.deletedAmong(namesOf(entries, isObject));
      return { hasLive: deleted.size < entries.length, end };
    });
    if (step.hasLive) return true;
    after = step.end;
  } while (after !== undefined);
  return false;
}

/** Two sorted lists as one; where both have a name the second's entry stands. */
export function merge(first: readonly Entry[], second: readonly Entry[]): Entry[] {
  const merged: Entry[] = [];
  let at = 0;
  for (const entry of second) {
    for (let other = first[at]; other && compareKeys(other.name, entry.name) < 0; other = first[at]) {
      merged.push(other);
      at += 1;
    }
    if (first[at]?.name === entry.name) at += 1;
    merged.push(entry);
  }
  return merged.concat(first.slice(at));
}

function absentFrom(entries: readonly Entry[], others: readonly Entry[]): Entry[] {
  const names = new Set(others.map((entry) => entry.name));
  return entries.filter((entry) => !names.has(entry.name));
}

const upTo = (entries: readonly Entry[], end: string | undefined): readonly Entry[] =>
  end === undefined ? entries : entries.filter((entry) => compareKeys(entry.name, end) <= 0);

function firstEnd(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareKeys(a, b) <= 0 ? a : b;
}

const page = (entries: readonly Entry[], end: string | undefined): StorePage =>
  end === undefined ? { entries } : { entries, end };

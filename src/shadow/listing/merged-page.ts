import { compareKeys } from '../../s3/keys.js';
import type { S3Service } from '../../s3/message.js';
import { betweenWrites } from '../between-writes.js';
import type { ShadowContext } from '../context.js';
import { excludesWriters, holdsReaders, seesShadow } from '../rungs.js';
import { withinGrace } from '../shadow-look.js';
import { sideBySide } from '../side-by-side.js';
import type { PageShare } from './page-shares.js';
import { type Entry, MAX_PAGE, type PageRequest, readStorePage, type StorePage } from './store-page.js';

/** One page of the view: S's entries and T's, each name once, T's where both have it, minus what clients deleted. */
export interface MergedPage {
  /** As many lines as are wanted, unless it is the last page; there can be more, which are for the next. */
  readonly entries: readonly Entry[];
  /** Whether others follow. */
  readonly isTruncated: boolean;
}

/** Keys that are being written which are looked at at once. */
const KEYS_AT_ONCE = 8;

/** Common prefixes of which it is found out at once whether they have a key left. */
const PREFIXES_AT_ONCE = 8;

export interface MergeRequest extends PageRequest {
  /** Reads what T has of a range: its objects, or all their versions. */
  readonly readTarget: (target: S3Service, wanted: PageRequest) => Promise<StorePage>;
  /** In place of a full page of each store. */
  readonly share?: PageShare | undefined;
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
  let next: Partial<MergeRequest> | undefined = { share: ctx.pageShares.of(wanted.maxKeys) };
  do {
    const step: StorePage = await readStep(ctx, { ...wanted, ...next });
    found.push(...step.entries);
    lines += linesOf(step.entries);
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

const linesOf = (entries: readonly Entry[]): number =>
  entries.reduce((sum, { versions }) => sum + (versions?.length ?? 1), 0);

async function* oneByOne<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** The view of a range that both stores' pages cover whole. */
async function readStep(ctx: ShadowContext, wanted: MergeRequest): Promise<StorePage> {
  return holdsReaders(ctx) ? readBetweenWrites(ctx, wanted) : (await readRange(ctx, wanted)).step;
}

interface RangeRead {
  readonly step: StorePage;
  /** Of the shadow's alone, and deleted when that was looked up. */
  readonly hidden: ReadonlySet<string>;
}

/** Keys that are being written while both pages are read are looked at one by one. */
async function readBetweenWrites(ctx: ShadowContext, wanted: MergeRequest): Promise<StorePage> {
  const { step, written } = await withinGrace(ctx, async () => {
    const { step, hidden } = await readRange(ctx, wanted);
    const names = new Set([...namesOf(step.entries, isKey), ...hidden]);
    return { step, written: await ctx.ledger.writtenAmong([...names].filter(isOfStep(wanted, step))) };
  });
  const anew: Entry[] = [];
  await sideBySide(oneByOne([...written]), { limit: KEYS_AT_ONCE, signal: wanted.signal }, async (name) => {
    const entry = await readEntry(ctx, wanted, name);
    if (entry) anew.push(entry);
  });
  anew.sort((one, other) => compareKeys(one.name, other.name));
  const undisturbed = step.entries.filter(({ name }) => !written.has(name));
  return page(merge(undisturbed, anew), step.end);
}

/** Of a key of which the page before has shown some versions, only the older ones are in this one. */
const isOfStep =
  ({ after }: MergeRequest, { end }: StorePage) =>
  (name: string): boolean =>
    name !== after && (end === undefined || compareKeys(name, end) <= 0);

/** The view of one key, as a line of the listing that is `wanted`. */
const readEntry = (ctx: ShadowContext, wanted: MergeRequest, name: string): Promise<Entry | undefined> =>
  betweenWrites(ctx, name, {
    read: async () => {
      const rest = { share: undefined, after: undefined, afterVersion: undefined };
      const alone = { ...wanted, ...rest, prefix: name, maxKeys: MAX_PAGE };
      const { step } = await readRange(ctx, { ...alone, delimiter: '' });
      return step.entries.find((entry) => entry.name === name);
    },
    drop: () => undefined,
  });

async function readRange(ctx: ShadowContext, wanted: MergeRequest): Promise<RangeRead> {
  const { entries, end, hidden, doubtful } = await withinGrace(ctx, () => look(ctx, wanted));
  const { signal } = wanted;
  await sideBySide(oneByOne(doubtful), { limit: PREFIXES_AT_ONCE, signal }, async (prefix) => {
    if (!(await hasLiveKey(ctx, prefix, signal))) hidden.add(prefix);
  });
  const step = hidden.size === 0 ? page(entries, end) : await revealed(ctx, wanted, { entries, end, hidden });
  return { step, hidden };
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
  const ofTarget = upTo(inTarget.entries, end);
  const entries = merge(ofShadow, ofTarget);
  const visible = linesOf(entries) - hidden.size;
  ctx.pageShares.note({ shadow: ofShadow.length, target: linesOf(ofTarget), visible });
  return { entries, end, hidden, doubtful: prefixes.filter((_, index) => deletes[index]) };
}

/** Not a common prefix. */
const isKey = ({ object, versions }: Entry): boolean => object !== undefined || versions !== undefined;
const isObject = ({ object }: Entry): boolean => object !== undefined;
const isPrefix = ({ object }: Entry): boolean => object === undefined;

const namesOf = (entries: readonly Entry[], which: (entry: Entry) => boolean): string[] =>
  entries.filter(which).map(({ name }) => name);

const NOTHING: StorePage = { entries: [] };

/** S before T: in write-through the other order would show a write that failed. Without it either may come first. */
async function readBoth(ctx: ShadowContext, wanted: MergeRequest): Promise<[StorePage, StorePage]> {
  const { shadow, target } = wanted.share ?? { shadow: wanted.maxKeys, target: wanted.maxKeys };
  const inShadow = seesShadow(ctx)
    ? readStorePage(ctx.shadow, { ...wanted, maxKeys: shadow })
    : Promise.resolve(NOTHING);
  if (excludesWriters(ctx)) await inShadow;
  return Promise.all([inShadow, wanted.readTarget(ctx.target, { ...wanted, maxKeys: target })]);
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

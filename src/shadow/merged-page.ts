import { compareKeys } from '../s3/keys.js';
import type { ShadowContext } from './context.js';
import { excludesWriters, seesShadow } from './rungs.js';
import { withinGrace } from './shadow-look.js';
import { type Entry, type PageRequest, readStorePage, type StorePage } from './store-page.js';

/** One page of the view: S's entries and T's, each name once, T's where both have it, minus what clients deleted. */
export interface MergedPage {
  readonly entries: readonly Entry[];
  readonly isTruncated: boolean;
}

/**
 * LIST: S's page, then T's of the same range, then D. A page is full unless it is the last, which can be empty where
 * all that follows in the shadow is deleted.
 *
 * @throws ListingRefused, BackendUnavailable
 */
export async function readMergedPage(ctx: ShadowContext, wanted: PageRequest): Promise<MergedPage> {
  const found: Entry[] = [];
  let { after } = wanted;
  for (;;) {
    const step = await readStep(ctx, { ...wanted, after });
    found.push(...step.entries);
    after = step.end;
    if (found.length >= wanted.maxKeys || after === undefined) break;
  }
  const isTruncated = found.length > wanted.maxKeys || after !== undefined;
  return { entries: found.slice(0, wanted.maxKeys), isTruncated };
}

/** The view of a range that both stores' pages cover whole. */
async function readStep(ctx: ShadowContext, wanted: PageRequest): Promise<StorePage> {
  const { entries, end, hidden, doubtful } = await withinGrace(ctx, () => look(ctx, wanted));
  for (const prefix of doubtful) {
    if (!(await hasLiveKey(ctx, prefix, wanted.signal))) hidden.add(prefix);
  }
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

async function look(ctx: ShadowContext, wanted: PageRequest): Promise<Look> {
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
async function readBoth(ctx: ShadowContext, wanted: PageRequest): Promise<[StorePage, StorePage]> {
  const inShadow = seesShadow(ctx) ? readStorePage(ctx.shadow, wanted) : Promise.resolve(NOTHING);
  if (excludesWriters(ctx)) await inShadow;
  return Promise.all([inShadow, readStorePage(ctx.target, wanted)]);
}

/** In D -> T is read once more: that entry, or none. */
async function revealed(
  ctx: ShadowContext,
  wanted: PageRequest,
  step: { entries: readonly Entry[]; end: string | undefined; hidden: ReadonlySet<string> },
): Promise<StorePage> {
  const again = await readStorePage(ctx.target, wanted);
  const covered = firstEnd(step.end, again.end);
  const visible = step.entries.filter((entry) => !step.hidden.has(entry.name));
  const written = again.entries.filter((entry) => step.hidden.has(entry.name));
  return page(merge(upTo(visible, covered), upTo(written, covered)), covered);
}

/** A common prefix of the shadow is seen unless all of its keys are deleted. */
async function hasLiveKey(ctx: ShadowContext, prefix: string, signal: AbortSignal): Promise<boolean> {
  let after: string | undefined;
  do {
    const wanted = { prefix, delimiter: '', after, maxKeys: 1_000, signal };
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

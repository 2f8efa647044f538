import { compareKeys } from '../s3/keys.js';
import type { ListedObject } from '../s3/xml/listing.js';
import type { ShadowContext } from './context.js';
import { excludesWriters, seesShadow } from './rungs.js';
import { type Entry, listStore, type PageRequest, readStorePage, type StorePage } from './store-page.js';

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
  const [inShadow, inTarget] = await readBoth(ctx, wanted);
  const covered = firstEnd(inShadow.end, inTarget.end);
  const step = {
    entries: merge(upTo(inShadow.entries, covered), upTo(inTarget.entries, covered)),
    end: covered,
  };
  const onlyShadow = absentFrom(upTo(inShadow.entries, covered), inTarget.entries);
  const hidden = await hiddenAmong(ctx, onlyShadow, wanted.signal);
  return hidden.size === 0 ? page(step.entries, step.end) : revealed(ctx, wanted, { ...step, hidden });
}

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

/** The names of those entries, all of them the shadow's alone, that clients deleted. */
async function hiddenAmong(
  ctx: ShadowContext,
  entries: readonly Entry[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const hidden = await ctx.ledger.deletedAmong(
    entries.filter((entry) => entry.object).map((entry) => entry.name),
  );
  for (const { name, object } of entries) {
    if (!object && !(await hasLiveKey(ctx, name, signal))) hidden.add(name);
  }
  return hidden;
}

/** A common prefix of the shadow is seen unless all of its keys are deleted. */
async function hasLiveKey(ctx: ShadowContext, prefix: string, signal: AbortSignal): Promise<boolean> {
  if (!(await ctx.ledger.anyDeleted(prefix))) return true;
  let batch: ListedObject[] = [];
  const anyLive = async () =>
    (await ctx.ledger.deletedAmong(batch.map(({ key }) => key))).size < batch.length;
  for await (const object of listStore(ctx.shadow, signal, prefix)) {
    batch.push(object);
    if (batch.length < 1_000) continue;
    if (await anyLive()) return true;
    batch = [];
  }
  return anyLive();
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

import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Kv, KvEntry } from './kv.js';
import { untilDone } from './record-store.js';

/** Something of one object that its copy does not have. */
export interface LostOf {
  readonly key: string;
  readonly what: string;
  readonly reason: string;
  /** Unix milliseconds. */
  readonly at: number;
}

/** How often something was lost for one reason. */
export interface LossCount {
  readonly what: string;
  readonly reason: string;
  readonly count: number;
}

export interface LossBatch {
  readonly counts: readonly LossCount[];
  /** The newest of them, oldest first. */
  readonly newest: readonly LostOf[];
}

export interface LossPage {
  /** The newest first. */
  readonly losses: readonly LostOf[];
  /** Where the next page begins; undefined for the last one. */
  readonly next: number | undefined;
}

/** So many of the newest losses can be told one by one. */
export const NEWEST_LOSSES = 1_000;
/** A segment with keys of 1,024 bytes stays below the 1 MiB that a value may have. */
const SEGMENT = 100;
const SEGMENTS = NEWEST_LOSSES / SEGMENT + 1;
/** Beyond so many kinds and reasons all others are one. */
const MAX_COUNTS = 100;
const OTHER = 'other reasons';
/** Batches that are remembered as stored: an attempt that was not answered may have been. */
const MAX_REMEMBERED = 20;

const totals = z.object({
  counts: z.array(z.object({ what: z.string(), reason: z.string(), count: z.number() })),
  /** How many losses were written one by one; the place of the next one. */
  written: z.number(),
  stored: z.array(z.string()),
});
type Totals = z.infer<typeof totals>;

const segment = z.array(z.object({ key: z.string(), what: z.string(), reason: z.string(), at: z.number() }));

/**
 * What copies could not keep, by bucket: exact counts by kind and reason, and the newest losses in a ring of segments. A bucket costs the state a dozen
 * pairs, whatever its number of objects.
 *
 * @throws KvUnavailable from every method
 */
export class CopyLosses {
  constructor(private readonly kv: Kv) {}

  async counts(bucketId: string): Promise<readonly LossCount[]> {
    return readTotals(await this.kv.get(totalsKey(bucketId))).counts;
  }

  /** @param before `next` of the page before; `limit` is at most 1,000 */
  async page(bucketId: string, { before, limit }: { before?: number; limit: number }): Promise<LossPage> {
    const { written } = readTotals(await this.kv.get(totalsKey(bucketId)));
    const end = Math.min(before ?? written, written);
    const oldest = Math.max(0, written - NEWEST_LOSSES);
    const start = Math.max(oldest, end - limit);
    const losses = start < end ? await this.#range(bucketId, start, end) : [];
    return { losses: losses.reverse(), next: start > oldest ? start : undefined };
  }

  /** Adds a batch, once: it is known by its `id`, should it be stored again because the first answer did not come. */
  async add(bucketId: string, batch: LossBatch, id: string = randomUUID()): Promise<void> {
    await untilDone(`losses of ${bucketId}`, async () => {
      const key = totalsKey(bucketId);
      const entry = await this.kv.get(key);
      const before = readTotals(entry);
      if (before.stored.includes(id)) return true;
      const newest = batch.newest.slice(-NEWEST_LOSSES);
      const after = {
        counts: added(before.counts, batch.counts),
        written: before.written + newest.length,
        stored: [...before.stored, id].slice(-MAX_REMEMBERED),
      };
      const checks = [{ key, version: entry?.version ?? null }];
      const segments = await this.#appended(bucketId, before.written, newest);
      const sets = [{ key, value: JSON.stringify(after) }, ...segments];
      return (await this.kv.commit({ checks, sets })) !== null || 'retry';
    });
  }

  async forget(bucketId: string): Promise<void> {
    const segments = Array.from({ length: SEGMENTS }, (_, index) => segmentKey(bucketId, index * SEGMENT));
    await this.kv.commit({ deletes: [totalsKey(bucketId), ...segments] });
  }

  async #appended(bucketId: string, written: number, newest: readonly LostOf[]) {
    const begun = written % SEGMENT;
    const there = begun === 0 ? [] : (await this.#segment(bucketId, written)).slice(0, begun);
    const all = [...there, ...newest];
    const sets: { key: string; value: string }[] = [];
    for (let from = 0; from < all.length; from += SEGMENT) {
      const value = JSON.stringify(all.slice(from, from + SEGMENT));
      sets.push({ key: segmentKey(bucketId, written - begun + from), value });
    }
    return sets;
  }

  async #range(bucketId: string, start: number, end: number): Promise<LostOf[]> {
    const found: LostOf[] = [];
    for (let at = start - (start % SEGMENT); at < end; at += SEGMENT) {
      const entries = await this.#segment(bucketId, at);
      found.push(...entries.slice(Math.max(0, start - at), end - at));
    }
    return found;
  }

  async #segment(bucketId: string, at: number): Promise<LostOf[]> {
    const entry = await this.kv.get(segmentKey(bucketId, at));
    return entry ? segment.parse(JSON.parse(entry.value)) : [];
  }
}

const totalsKey = (bucketId: string): string => `losses/${bucketId}`;

const segmentKey = (bucketId: string, at: number): string =>
  `losses/${bucketId}/${Math.floor(at / SEGMENT) % SEGMENTS}`;

const readTotals = (entry: KvEntry | null): Totals =>
  entry ? totals.parse(JSON.parse(entry.value)) : { counts: [], written: 0, stored: [] };

/** Both counted together; beyond the bound a reason that is new counts with all others. */
export function added(counts: readonly LossCount[], more: readonly LossCount[]): LossCount[] {
  const sums = new Map(counts.map((entry) => [idOf(entry), entry]));
  for (const entry of more) {
    const isNew = !sums.has(idOf(entry));
    const named = isNew && sums.size >= MAX_COUNTS ? { ...entry, reason: OTHER } : entry;
    const count = (sums.get(idOf(named))?.count ?? 0) + entry.count;
    sums.set(idOf(named), { ...named, count });
  }
  return [...sums.values()];
}

const idOf = ({ what, reason }: Pick<LossCount, 'what' | 'reason'>): string => `${what} ${reason}`;

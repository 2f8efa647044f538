import { isCommitting, type KeyRecord, type Tombstone, withoutIntent } from './key-record.js';

/** How a delete that the shadow was owed went. */
export interface ShadowDelete {
  /** Of the tombstone for which it was sent. */
  readonly generation: string;
  /** Why the shadow did not delete; absent when it did. */
  readonly error?: string | undefined;
}

/** What the stores were seen to have at the end of the grace. */
export interface GraceEnd {
  readonly generation: string;
  readonly found: 'nothing' | 'in target' | 'in shadow';
  /** The intent under which it was looked. */
  readonly under?: { readonly id: string };
}

/** All that the state tells of deletes that the shadow is still owed; the error is that of the oldest. */
export interface Repairs {
  readonly count: number;
  readonly oldestSince?: number;
  readonly lastError?: string;
}

const FIRST_BACKOFF_MS = 5_000;
const LONGEST_BACKOFF_MS = 300_000;

/** S.delete was answered -> the grace begins; it failed -> it is tried again, each time later. Undefined: the tombstone is another one. */
export function shadowDeleteNoted(
  record: KeyRecord,
  { generation, error }: ShadowDelete,
  now: number,
): KeyRecord | undefined {
  return withTombstone(record, generation, ({ emptySince: _, lastError: __, ...grave }) => {
    if (error === undefined) return { ...grave, shadowDelete: 'done', emptySince: now };
    const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** grave.attempts, LONGEST_BACKOFF_MS);
    const failed = { attempts: grave.attempts + 1, nextAttempt: now + backoff, lastError: error };
    return { ...grave, ...failed, shadowDelete: 'pending' };
  });
}

/**
 * T has the key: where its own delete cannot be under way any more, clients wrote it since, and S's object can stay, hidden. A gateway that stood still in
 * the middle of its delete tells the shadow itself.
 */
export const shadowDeleteForgone = (
  record: KeyRecord,
  generation: string,
  { now, longestDeleteMs }: { readonly now: number; readonly longestDeleteMs: number },
): KeyRecord | undefined =>
  withTombstone(record, generation, ({ lastError, ...grave }) => {
    const over = grave.since + longestDeleteMs;
    return over > now ? { ...grave, lastError, nextAttempt: over } : { ...grave, shadowDelete: 'hidden' };
  });

/**
 * COLLECTING: generation same, its grace over and no I -> D removed, if T and S still have none; else it stays, and what S has is to be deleted again. The
 * grace can have begun anew since it was found to be over: what a failed write left in S was deleted, and there may be readers who saw it.
 */
export function graceEnded(
  record: KeyRecord,
  { generation, found, under }: GraceEnd,
  { now, graceMs }: { readonly now: number; readonly graceMs: number },
): KeyRecord | undefined {
  const { tombstone, ...rest } = record;
  if (found === 'nothing') {
    const others = (under && withoutIntent(record, under)) ?? record;
    const isFree = others.intents.length === 0 && !isCommitting(record);
    const isOver = tombstone?.emptySince !== undefined && tombstone.emptySince + graceMs <= now;
    return isFree && isOver && tombstone.generation === generation ? rest : undefined;
  }
  return withTombstone(record, generation, ({ emptySince: _, ...grave }) =>
    found === 'in target' ? grave : { ...grave, shadowDelete: 'pending', nextAttempt: now },
  );
}

/** The records' deletes that the shadow is owed, summed up. */
export async function repairsAmong(
  records: AsyncIterable<[key: string, record: KeyRecord]>,
): Promise<Repairs> {
  let count = 0;
  let oldest: Tombstone | undefined;
  for await (const [, { tombstone }] of records) {
    if (tombstone?.shadowDelete !== 'pending') continue;
    count += 1;
    if (!oldest || tombstone.since < oldest.since) oldest = tombstone;
  }
  if (!oldest) return { count };
  const { since: oldestSince, lastError } = oldest;
  return { count, oldestSince, ...(lastError === undefined ? {} : { lastError }) };
}

function withTombstone(
  record: KeyRecord,
  generation: string,
  change: (grave: Tombstone) => Tombstone,
): KeyRecord | undefined {
  const { tombstone } = record;
  return tombstone?.generation === generation ? { ...record, tombstone: change(tombstone) } : undefined;
}

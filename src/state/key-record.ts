import { randomUUID } from 'node:crypto';
import { z } from 'zod';

/**
 * What the state holds about one object key while its bucket has a shadow: the tombstone D, the write intents I and
 * the copy tokens of the protocol (docs/consistency.md). Times are milliseconds of the gateway's clock.
 */
const tombstone = z.object({
  /** New with every delete, so that whoever saw an older one cannot remove this one. */
  generation: z.string(),
  /** Of the rung on which it was set, or of an older one whose delete the shadow is still owed. */
  epoch: z.number().optional(),
  since: z.number(),
  /**
   * What became of the delete that the shadow is owed; `kept`: the shadow is left alone on purpose; `hidden`: the target has the key again, and nobody
   * but the gateway that deletes need tell the shadow.
   */
  shadowDelete: z.enum(['pending', 'done', 'kept', 'hidden']),
  /** How often the shadow was asked in vain, when it is asked next, and why the last attempt failed. */
  attempts: z.number(),
  nextAttempt: z.number(),
  lastError: z.string().optional(),
  /** When the shadow was seen to have nothing left: then the grace begins after which the tombstone can go. */
  emptySince: z.number().optional(),
});

const intent = z.object({
  id: z.string(),
  mode: z.enum(['shared', 'exclusive']),
  until: z.number(),
  /** Of the rung on which it was opened. */
  epoch: z.number(),
  /** What its writer left word of for recovery, which finds out by it how far the write came. */
  purpose: z.string().optional(),
});

const copy = z.object({
  id: z.string(),
  state: z.enum(['valid', 'void', 'committing']),
  until: z.number(),
  epoch: z.number(),
  /** The target's upload that holds the copy's parts: it has to be aborted before the token goes. */
  uploadId: z.string().optional(),
  /** What another attempt needs to know to go on with the upload; none may where it is left out. */
  resumable: z
    .object({
      /** What it was begun for, as a hash: the source, its parts, and all that the copy is given beside its bytes. */
      of: z.string(),
      /** Whether the target said that the ETags of its parts are MD5s, and that it keeps the source's kind of checksum. */
      digests: z.boolean(),
      checksum: z.boolean(),
    })
    .optional(),
});

const settled = z.object({ id: z.string(), until: z.number() });

export const keyRecordSchema = z.object({
  tombstone: tombstone.optional(),
  /** A write that failed was settled: who has read the key since may have seen what it left. Kept where readers ask for it. */
  settled: settled.optional(),
  intents: z.array(intent),
  copies: z.array(copy),
});

export type KeyRecord = z.infer<typeof keyRecordSchema>;
export type Tombstone = z.infer<typeof tombstone>;
export type Intent = z.infer<typeof intent>;
export type Copy = z.infer<typeof copy>;
export type Resumable = NonNullable<Copy['resumable']>;

export const EMPTY_RECORD: KeyRecord = { intents: [], copies: [] };

export const isEmpty = (record: KeyRecord): boolean =>
  !record.tombstone && !record.settled && record.intents.length === 0 && record.copies.length === 0;

/** What a gateway has begun and another must not overlook when it ends a rung: intents, committing copies, uploads. */
export const underWay = ({ intents, copies }: KeyRecord): readonly (Intent | Copy)[] => [
  ...intents,
  ...copies.filter(({ state, uploadId }) => state === 'committing' || uploadId !== undefined),
];

/** When recovery is to look at the key: once a lease is over, or a delete is owed. Undefined: never. */
export function dueAt({ tombstone, intents, copies }: KeyRecord): number | undefined {
  const times = [...intents, ...copies].map(({ until }) => until);
  if (tombstone?.shadowDelete === 'pending') times.push(tombstone.nextAttempt);
  return times.length === 0 ? undefined : Math.min(...times);
}

/**
 * A dead copier's token is garbage after its time, unless its upload is to be aborted first; a dead shared intent ends with its lease, an
 * exclusive one is settled first.
 */
export function withoutExpired(record: KeyRecord, now: number): KeyRecord {
  const { intents, copies, settled } = record;
  const isSettledOver = settled !== undefined && settled.until <= now;
  if (!isSettledOver && !hasExpired(record, now)) return record;
  return {
    ...record,
    intents: intents.filter((held) => lastsAsIntent(held, now)),
    copies: copies.filter((held) => lastsAsCopy(held, now)),
    ...(isSettledOver && { settled: undefined }),
  };
}

const lastsAsIntent = ({ mode, until }: Intent, now: number): boolean => mode === 'exclusive' || until > now;

const lastsAsCopy = ({ uploadId, until }: Copy, now: number): boolean =>
  uploadId !== undefined || until > now;

/** Until when there is anything in the record; undefined where that does not end by itself. */
export const lastsUntil = ({ tombstone, intents, copies, settled }: KeyRecord): number | undefined =>
  tombstone || intents.length + copies.length > 0 ? undefined : settled?.until;

/** Whether something of it would be forgotten at its next change. */
export const hasExpired = ({ intents, copies }: KeyRecord, now: number): boolean =>
  !intents.every((held) => lastsAsIntent(held, now)) || !copies.every((held) => lastsAsCopy(held, now));

export const isCommitting = (record: KeyRecord): boolean =>
  record.copies.some((held) => held.state === 'committing');

/** Whether a writer that is still in time holds the key for itself. */
export const liveExclusive = (record: KeyRecord, now: number): boolean =>
  record.intents.some((held) => held.mode === 'exclusive' && held.until > now);

/**
 * Whether a writer may announce itself: no copy is committing, and no other writer is in its way. What a dead writer left is settled
 * first: a write that then fails, or is refused, would leave it for good.
 */
export const isFreeFor = (mode: Intent['mode'], record: KeyRecord): boolean =>
  !isCommitting(record) && record.intents.every((held) => mode === 'shared' && held.mode === 'shared');

export const voided = (record: KeyRecord): KeyRecord => ({
  ...record,
  copies: record.copies.map((held) => ({ ...held, state: 'void' as const })),
});

/** A writer's announcement: no copy that is under way may commit any more. */
export const announced = (record: KeyRecord, held: Intent): KeyRecord => ({
  ...voided(record),
  intents: [...record.intents, held],
});

/** The record without that intent; undefined where it is lost already. */
export function withoutIntent(record: KeyRecord, { id }: Pick<Intent, 'id'>): KeyRecord | undefined {
  const intents = record.intents.filter((held) => held.id !== id);
  return intents.length === record.intents.length ? undefined : { ...record, intents };
}

/** How long the gateway that deletes has to tell the shadow itself before others do, ms. */
const FIRST_REPAIR_MS = 10_000;

export const grave = (
  shadowDelete: Tombstone['shadowDelete'],
  { now, epoch }: { readonly now: number; readonly epoch: number },
): Tombstone => ({
  generation: randomUUID(),
  epoch,
  since: now,
  shadowDelete,
  attempts: 0,
  nextAttempt: now + FIRST_REPAIR_MS,
});

/** What the shadow was owed before it is owed still. */
export const buried = (record: KeyRecord, grave: Tombstone): KeyRecord => ({
  ...voided(record),
  tombstone: { ...grave, epoch: owedSince(record.tombstone, grave) },
});

const owedSince = (before: Tombstone | undefined, { epoch = 0 }: Tombstone): number =>
  before?.shadowDelete === 'pending' ? Math.min(before.epoch ?? 0, epoch) : epoch;

/** Whether the shadow is owed a delete of an older rung than that of `epoch`. */
export const isOwedBefore = ({ tombstone }: KeyRecord, epoch: number): boolean =>
  tombstone?.shadowDelete === 'pending' && (tombstone.epoch ?? 0) < epoch;

import { z } from 'zod';

/**
 * What the state holds about one object key while its bucket has a shadow: the tombstone D, the write intents I and
 * the copy tokens of the protocol (docs/consistency.md). Times are milliseconds of the gateway's clock.
 */
const tombstone = z.object({
  /** New with every delete, so that whoever saw an older one cannot remove this one. */
  generation: z.string(),
  since: z.number(),
  /** What became of the delete that the shadow is owed; `kept`: the shadow is left alone on purpose. */
  shadowDelete: z.enum(['pending', 'done', 'kept']),
  /** Why the last attempt at the shadow failed. */
  lastError: z.string().optional(),
});

const intent = z.object({
  id: z.string(),
  mode: z.enum(['shared', 'exclusive']),
  until: z.number(),
  /** What its writer left word of for recovery, which finds out by it how far the write came. */
  purpose: z.string().optional(),
});

const copy = z.object({ id: z.string(), state: z.enum(['valid', 'void', 'committing']), until: z.number() });

export const keyRecordSchema = z.object({
  tombstone: tombstone.optional(),
  intents: z.array(intent),
  copies: z.array(copy),
});

export type KeyRecord = z.infer<typeof keyRecordSchema>;
export type Tombstone = z.infer<typeof tombstone>;
export type Intent = z.infer<typeof intent>;

export const EMPTY_RECORD: KeyRecord = { intents: [], copies: [] };

export const isEmpty = (record: KeyRecord): boolean =>
  !record.tombstone && record.intents.length === 0 && record.copies.length === 0;

/** Work that some gateway has begun or owes, so that recovery must find the key without reading all tombstones. */
export const isOpen = (record: KeyRecord): boolean =>
  record.intents.length > 0 ||
  record.copies.some((held) => held.state === 'committing') ||
  record.tombstone?.shadowDelete === 'pending';

/** A dead copier's token is garbage after its time; a dead shared intent ends with its lease. */
export function withoutExpired(record: KeyRecord, now: number): KeyRecord {
  return {
    ...record,
    intents: record.intents.filter((held) => held.mode === 'exclusive' || held.until > now),
    copies: record.copies.filter((held) => held.until > now),
  };
}

/** Whether something of it would be forgotten at its next change. */
export function hasExpired(record: KeyRecord, now: number): boolean {
  const { intents, copies } = withoutExpired(record, now);
  return intents.length < record.intents.length || copies.length < record.copies.length;
}

export const isCommitting = (record: KeyRecord): boolean =>
  record.copies.some((held) => held.state === 'committing');

/** Whether a writer that is still in time holds the key for itself. */
export const liveExclusive = (record: KeyRecord, now: number): boolean =>
  record.intents.some((held) => held.mode === 'exclusive' && held.until > now);

export const voided = (record: KeyRecord): KeyRecord => ({
  ...record,
  copies: record.copies.map((held) => ({ ...held, state: 'void' as const })),
});

export const buried = (record: KeyRecord, grave: Tombstone): KeyRecord => ({
  ...voided(record),
  tombstone: grave,
});

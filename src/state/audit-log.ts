import { z } from 'zod';
import type { Clock } from '../system/clock.js';
import type { Kv, KvCheck } from './kv.js';
import { RecordInvalid, untilDone } from './record-store.js';

/** `begun`: nobody has told yet how it ended; where that stays, the gateway ended before it could. */
export const AUDIT_OUTCOMES = ['begun', 'done', 'refused', 'failed'] as const;

const auditEntry = z.object({
  /** Counted on from 1 by all gateways. */
  id: z.int(),
  /** Unix milliseconds, by the clock of the gateway that wrote it. */
  at: z.int(),
  /** Who: `session:`, `token:`, `key:` or `system:` and a name. */
  actor: z.string(),
  /** Where from. */
  address: z.string().optional(),
  /** What was done, such as `bucket.create`. */
  action: z.string(),
  bucket: z.string().optional(),
  /** What it was done to where that is not the bucket: a key, a token, a backend, a job. */
  object: z.string().optional(),
  outcome: z.enum(AUDIT_OUTCOMES),
  /** Why it was refused or failed, in words. */
  reason: z.string().optional(),
  /** What was asked for, without secrets. */
  change: z.record(z.string(), z.unknown()).optional(),
});

export type AuditEntry = z.infer<typeof auditEntry>;
export type AuditEvent = Omit<AuditEntry, 'id' | 'at'>;

export interface AuditQuery {
  readonly bucket?: string | undefined;
  /** A kind of them with the colon at its end, or one of them. */
  readonly actor?: string | undefined;
  /** One action, or with the dot at its end all that begin so. */
  readonly action?: string | undefined;
  /** Unix milliseconds. */
  readonly since?: number | undefined;
  /** Those older than this id. */
  readonly after?: number | undefined;
  readonly limit: number;
}

/** The newest first. */
export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** The id that the next page begins after; there may be one although this one is not full. */
  readonly next?: number;
}

const SPACE = 'audit/';
const LAST = 'audit-last';
const KEEP_MS = 400 * 24 * 3_600_000;

/** Ids are counted down in keys, so that the newest comes first. */
const MOST = 1_000_000_000_000;
const DIGITS = 12;
const keyOf = (id: number): string => SPACE + String(MOST - id).padStart(DIGITS, '0');

const PAGE = 500;
/** Entries that are kept, and those that are looked at for one page. */
const LIMITS = { keep: 20_000, lookAt: 5_000 };
/** By how much clocks of gateways may differ, ms: an entry may be older than one that was written before it. */
const CLOCKS_MS = 60_000;

/**
 * Who changed what, and when: the newest 20,000 entries, none older than 400 days.
 *
 * @throws KvUnavailable from every method
 */
export class AuditLog {
  constructor(
    private readonly kv: Kv,
    private readonly clock: Clock,
    private readonly limits = LIMITS,
  ) {}

  /** Resolves to the id of the new entry. */
  append(event: AuditEvent): Promise<number> {
    return untilDone('the audit log', async () => {
      const last = await this.kv.get(LAST);
      const id = Number(last?.value ?? 0) + 1;
      const check = { key: LAST, version: last?.version ?? null };
      const entry = { ...event, id, at: this.clock.now() };
      const sets = [{ key: LAST, value: String(id) }, written(entry, this.clock)];
      const { keep } = this.limits;
      const deletes = id > keep ? [keyOf(id - keep)] : [];
      return (await this.kv.commit({ checks: [check], sets, deletes })) === null ? 'retry' : id;
    });
  }

  /** Tells more of an entry; one that is gone by now stays so. */
  async amend(id: number, more: Partial<AuditEvent>): Promise<void> {
    await untilDone('the audit log', async () => {
      const found = await this.kv.get(keyOf(id));
      if (!found) return undefined;
      const checks: KvCheck[] = [{ key: found.key, version: found.version }];
      const sets = [written({ ...decode(found.key, found.value), ...more }, this.clock)];
      return (await this.kv.commit({ checks, sets })) === null ? 'retry' : undefined;
    });
  }

  async page(query: AuditQuery): Promise<AuditPage> {
    const { limit, since } = query;
    const entries: AuditEntry[] = [];
    let start = query.after === undefined ? SPACE : `${keyOf(query.after)}\0`;
    for (let lookedAt = 0; lookedAt < this.limits.lookAt; lookedAt += PAGE) {
      const read = await this.kv.list({ prefix: SPACE, start, limit: PAGE });
      for (const { key, value } of read) {
        const entry = decode(key, value);
        if (since !== undefined && entry.at < since - CLOCKS_MS) return { entries };
        if (!isAskedFor(entry, query)) continue;
        entries.push(entry);
        if (entries.length === limit) return { entries, next: entry.id };
      }
      const last = read.at(-1);
      if (!last || read.length < PAGE) return { entries };
      start = `${last.key}\0`;
    }
    return { entries, next: idOf(start) };
  }
}

const idOf = (start: string): number => MOST - Number(start.slice(SPACE.length, SPACE.length + DIGITS));

function written(entry: AuditEntry, clock: Clock) {
  const expireIn = Math.max(entry.at + KEEP_MS - clock.now(), 1);
  return { key: keyOf(entry.id), value: JSON.stringify(entry), expireIn };
}

const isAskedFor = (entry: AuditEntry, { bucket, actor, action, since }: AuditQuery): boolean =>
  (bucket === undefined || entry.bucket === bucket) &&
  (actor === undefined || isOf(entry.actor, actor, ':')) &&
  (action === undefined || isOf(entry.action, action, '.')) &&
  (since === undefined || entry.at >= since);

const isOf = (name: string, asked: string, end: string): boolean =>
  asked.endsWith(end) ? name.startsWith(asked) : name === asked;

function decode(key: string, value: string): AuditEntry {
  const parsed = auditEntry.safeParse(JSON.parse(value));
  if (parsed.success) return parsed.data;
  throw new RecordInvalid(`the state record ${key} is not valid: ${z.prettifyError(parsed.error)}`);
}

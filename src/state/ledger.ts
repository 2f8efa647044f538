import { randomUUID } from 'node:crypto';
import type { Clock } from '../system/clock.js';
import {
  buried,
  EMPTY_RECORD,
  hasExpired,
  type Intent,
  isCommitting,
  isEmpty,
  isOpen,
  type KeyRecord,
  keyRecordSchema,
  liveExclusive,
  type Tombstone,
  voided,
  withoutExpired,
} from './key-record.js';
import type { Kv, KvEntry } from './kv.js';

/** The right to commit one copy of a key, unless a writer or a delete came in between. */
export interface CopyToken {
  readonly key: string;
  readonly id: string;
}

/** A writer's announcement that the ends of its requests are about to be released. */
export interface WriteIntent {
  readonly key: string;
  readonly id: string;
  readonly mode: Intent['mode'];
  readonly purpose?: string | undefined;
}

export interface IntentOptions {
  /** Sets the tombstone in the same instant. */
  readonly deletes?: Tombstone['shadowDelete'] | undefined;
  /** Kept with the intent for whoever takes it over, should its writer die. */
  readonly purpose?: string;
}

export interface LedgerTimes {
  /** How long an intent or a committing copy is honoured, ms: longer than any backend request can last. */
  readonly leaseMs: number;
  /** How long a valid token is kept for a copier that is still streaming, ms. */
  readonly tokenMs: number;
  /** How long a caller waits for another writer before it is told to slow down, ms. */
  readonly waitMs: number;
}

export const LEDGER_TIMES: LedgerTimes = { leaseMs: 180_000, tokenMs: 7 * 86_400_000, waitMs: 5_000 };

/** Another writer held the key for longer than a caller may wait. */
export class KeyBusy extends Error {
  override readonly name = 'KeyBusy';
}

/** What a reader learns of a key. */
export interface KeyView {
  readonly deleted: boolean;
  /** Present when the caller may copy the shadow's object into the target. */
  readonly token?: CopyToken;
}

type Change = (record: KeyRecord, now: number) => KeyRecord | 'wait' | 'refuse';

const RETRY_MS = 10;

/**
 * The per-key state of one shadowed bucket. Every method is one atomic check-and-set on the key's record, repeated
 * when another gateway changed the record in between.
 *
 * @throws KvUnavailable from every method when the state store cannot be reached
 */
export class Ledger {
  readonly #kv: Kv;
  readonly #bucketId: string;
  readonly #clock: Clock;
  readonly #times: LedgerTimes;

  constructor(kv: Kv, bucketId: string, clock: Clock, times: LedgerTimes = LEDGER_TIMES) {
    this.#kv = kv;
    this.#bucketId = bucketId;
    this.#clock = clock;
    this.#times = times;
  }

  /** How often an intent has to be renewed by whoever needs it for longer than its lease, ms. */
  get renewalMs(): number {
    return this.#times.leaseMs / 3;
  }

  async isDeleted(key: string): Promise<boolean> {
    return parse(await this.#kv.get(this.#recordKey(key))).tombstone !== undefined;
  }

  /** READ step 2: reads D and, when neither D nor I is there, registers a valid token before the shadow is read. */
  async openCopy(key: string): Promise<KeyView> {
    const token = { key, id: randomUUID() };
    let deleted = false;
    const changed = await this.#change(key, (record, now) => {
      deleted = record.tombstone !== undefined;
      if (deleted || record.intents.length > 0) return 'refuse';
      return {
        ...record,
        copies: [...record.copies, { id: token.id, state: 'valid', until: now + this.#times.tokenMs }],
      };
    });
    return changed ? { deleted: false, token } : { deleted };
  }

  /** COPY: valid and no D -> committing. False: a writer or a delete came first, the copy must be abandoned. */
  async beginCommit(token: CopyToken): Promise<boolean> {
    return this.#change(token.key, (record, now) => {
      const held = record.copies.find((copy) => copy.id === token.id);
      if (held?.state !== 'valid' || record.tombstone) return 'refuse';
      const committing = { ...held, state: 'committing' as const, until: now + this.#times.leaseMs };
      return { ...record, copies: record.copies.map((copy) => (copy === held ? committing : copy)) };
    });
  }

  async dropToken(token: CopyToken): Promise<void> {
    await this.#change(token.key, (record) => {
      const copies = record.copies.filter((copy) => copy.id !== token.id);
      return copies.length === record.copies.length ? 'refuse' : { ...record, copies };
    });
  }

  /**
   * PUT step 1: waits until no copy is committing and no other writer excludes this one, then announces the write and voids all
   * tokens.
   *
   * @throws KeyBusy after `waitMs`
   */
  async openIntent(
    key: string,
    mode: Intent['mode'],
    { deletes, ...rest }: IntentOptions = {},
  ): Promise<WriteIntent> {
    const intent = { id: randomUUID(), mode, ...rest };
    await this.#change(key, (record, now) => {
      // What a dead writer left is settled first: a write that then fails, or is refused, would leave it for good.
      if (isCommitting(record) || record.intents.some((held) => held.mode === 'exclusive')) return 'wait';
      if (mode === 'exclusive' && record.intents.length > 0) return 'wait';
      const intents = [...record.intents, { ...intent, until: now + this.#times.leaseMs }];
      const announced = { ...voided(record), intents };
      return deletes ? buried(announced, grave(deletes, now)) : announced;
    });
    return { key, ...intent };
  }

  /** Prolongs an intent that is still needed. False: its time was over, and another has taken its place. */
  async renewIntent(intent: WriteIntent): Promise<boolean> {
    return this.#change(intent.key, (record, now) => {
      const rest = withoutIntent(record, intent);
      if (rest === 'refuse') return 'refuse';
      const { key: _, ...held } = intent;
      const renewed = { ...held, until: now + this.#times.leaseMs };
      return { ...rest, intents: [...rest.intents, renewed] };
    });
  }

  async closeIntent(intent: WriteIntent): Promise<void> {
    await this.#change(intent.key, (record) => withoutIntent(record, intent));
  }

  /** DELETE of a key that the target has: no copy is committing -> D, tokens void. */
  async bury(key: string, shadowDelete: Tombstone['shadowDelete']): Promise<void> {
    await this.#change(key, (record, now) => {
      if (isCommitting(record)) return 'wait';
      return buried(record, grave(shadowDelete, now));
    });
  }

  /** DELETE of a key that the target does not have: I is mine -> D, and I is closed. False: the intent was lost. */
  async buryAndClose(intent: WriteIntent, shadowDelete: Tombstone['shadowDelete']): Promise<boolean> {
    return this.#change(intent.key, (record, now) => {
      const closed = withoutIntent(record, intent);
      return closed === 'refuse' ? 'refuse' : buried(closed, grave(shadowDelete, now));
    });
  }

  /** Notes how the delete that the shadow was owed went; the tombstone stays. */
  async noteShadowDelete(key: string, error?: string): Promise<void> {
    await this.#change(key, (record) => {
      if (record.tombstone?.shadowDelete !== 'pending') return 'refuse';
      const { lastError: _, ...grave } = record.tombstone;
      return {
        ...record,
        tombstone: error === undefined ? { ...grave, shadowDelete: 'done' } : { ...grave, lastError: error },
      };
    });
  }

  /** Those of `keys` that are deleted, in two round trips at most however many keys there are. */
  async deletedAmong(keys: readonly string[]): Promise<Set<string>> {
    if (keys.length === 0) return new Set();
    const entries = await this.#kv.getMany(keys.map((key) => this.#recordKey(key)));
    return new Set(keys.filter((_, index) => parse(entries[index]).tombstone));
  }

  /** True when any key that begins with `prefix` is deleted. */
  async anyDeleted(prefix: string): Promise<boolean> {
    for await (const [, record] of this.records(prefix)) if (record.tombstone) return true;
    return false;
  }

  /** The records of all keys that begin with `prefix`, in key order. */
  async *records(prefix = ''): AsyncGenerator<[key: string, record: KeyRecord]> {
    for await (const entry of this.#entries(`key/${this.#bucketId}/`, prefix)) {
      yield [entry.key.slice(this.#recordKey('').length), parse(entry)];
    }
  }

  /** Keys with work that is under way, or was left behind, or is owed to the shadow. */
  async *openKeys(): AsyncGenerator<string> {
    const space = `open/${this.#bucketId}/`;
    for await (const entry of this.#entries(space, '')) yield entry.key.slice(space.length);
  }

  async record(key: string): Promise<KeyRecord> {
    return parse(await this.#kv.get(this.#recordKey(key)));
  }

  /** Recovery: forgets what has outlived its time, and tells what is left. */
  async tidy(key: string): Promise<KeyRecord> {
    const record = await this.record(key);
    if (!hasExpired(record, this.#clock.now())) return record;
    await this.#change(key, (unexpired) => unexpired);
    return this.record(key);
  }

  /** Recovery: takes over the exclusive intent of a writer whose lease has run out. Undefined: there is none. */
  async adoptDeadIntent(key: string): Promise<WriteIntent | undefined> {
    const id = randomUUID();
    let adopted: Intent | undefined;
    const changed = await this.#change(key, (record, now) => {
      const dead = record.intents.find((held) => held.mode === 'exclusive' && held.until <= now);
      if (!dead || liveExclusive(record, now) || isCommitting(record)) return 'refuse';
      adopted = { ...dead, id, until: now + this.#times.leaseMs };
      return { ...voided(record), intents: [adopted] };
    });
    return changed && adopted ? { key, ...adopted } : undefined;
  }

  /** Forgets everything, once no gateway consults the shadow any more. */
  async clear(): Promise<void> {
    for (const space of [`key/${this.#bucketId}/`, `open/${this.#bucketId}/`]) {
      for (;;) {
        const batch = await this.#kv.list({ prefix: space, limit: 500 });
        if (batch.length === 0) break;
        await this.#kv.commit({ deletes: batch.map((entry) => entry.key) });
      }
    }
  }

  #recordKey(key: string): string {
    return `key/${this.#bucketId}/${key}`;
  }

  async *#entries(space: string, prefix: string): AsyncGenerator<KvEntry> {
    let start = space + prefix;
    for (;;) {
      const page = await this.#kv.list({ prefix: space + prefix, start, limit: 1_000 });
      yield* page;
      const last = page.at(-1);
      if (!last || page.length < 1_000) return;
      start = `${last.key}\u0000`;
    }
  }

  /** True when the record was changed, false when `change` refused. */
  async #change(key: string, change: Change): Promise<boolean> {
    const deadline = this.#clock.now() + this.#times.waitMs;
    for (;;) {
      const stored = await this.#kv.get(this.#recordKey(key));
      const now = this.#clock.now();
      const next = change(withoutExpired(parse(stored), now), now);
      if (next === 'refuse') return false;
      if (next !== 'wait' && (await this.#replace(key, stored, next))) return true;
      if (now >= deadline) throw new KeyBusy(`key ${JSON.stringify(key)} is being written`);
      await this.#clock.sleep(RETRY_MS);
    }
  }

  async #replace(key: string, stored: KvEntry | null, next: KeyRecord): Promise<boolean> {
    const recordKey = this.#recordKey(key);
    const openKey = `open/${this.#bucketId}/${key}`;
    const sets = [];
    const deletes = [];
    if (isEmpty(next)) deletes.push(recordKey);
    else sets.push({ key: recordKey, value: JSON.stringify(next) });
    if (isOpen(next)) sets.push({ key: openKey, value: '' });
    else deletes.push(openKey);
    const checks = [{ key: recordKey, version: stored?.version ?? null }];
    return (await this.#kv.commit({ checks, sets, deletes })) !== null;
  }
}

const grave = (shadowDelete: Tombstone['shadowDelete'], now: number): Tombstone => ({
  generation: randomUUID(),
  since: now,
  shadowDelete,
});

function withoutIntent(record: KeyRecord, intent: WriteIntent): KeyRecord | 'refuse' {
  const intents = record.intents.filter((held) => held.id !== intent.id);
  return intents.length === record.intents.length ? 'refuse' : { ...record, intents };
}

const parse = (entry: KvEntry | null | undefined): KeyRecord =>
  entry ? keyRecordSchema.parse(JSON.parse(entry.value)) : EMPTY_RECORD;

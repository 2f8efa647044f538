import { randomUUID } from 'node:crypto';
import type { Clock } from '../system/clock.js';
import { longestRequestMs, TIMES, type Times } from '../system/times.js';
import {
  announced,
  buried,
  type Copy,
  grave,
  hasExpired,
  type Intent,
  isCommitting,
  isFreeFor,
  isOwedBefore,
  type KeyRecord,
  liveExclusive,
  type Resumable,
  type Tombstone,
  underWay,
  voided,
  withoutIntent,
} from './key-record.js';
import type { Kv } from './kv.js';
import { LedgerBatch } from './ledger-batch.js';
import { type Change, KeyBusy, RETRY_MS } from './ledger-store.js';
import { LedgerTombstones } from './ledger-tombstones.js';
import type { WriteIntent } from './write-intent.js';

export { KeyBusy } from './ledger-store.js';
export type { WriteIntent } from './write-intent.js';

/** The right to commit one copy of a key, unless a writer or a delete came in between. */
export interface CopyToken {
  readonly key: string;
  readonly id: string;
  /** What an earlier attempt has left, for this one to go on with or to abort. */
  readonly left?: LeftUpload | undefined;
}

/** An upload of the target with parts of a copy that was given up. */
export interface LeftUpload extends Resumable {
  readonly uploadId: string;
}

export interface IntentOptions {
  /** Sets the tombstone in the same instant. */
  readonly deletes?: Tombstone['shadowDelete'] | undefined;
  /** Kept with the intent for whoever takes it over, should its writer die. */
  readonly purpose?: string;
}

export interface LedgerOptions {
  readonly times: Times;
  /** Of the rung on which all that this ledger opens is opened. */
  readonly epoch: number;
  /** How long a caller waits for another writer before it is told to slow down, ms. */
  readonly waitMs: number;
  /** How long the upload of a copy that was given up is kept for the next attempt, ms. */
  readonly resumeMs: number;
}

const DEFAULTS: LedgerOptions = { times: TIMES, epoch: 0, waitMs: 5_000, resumeMs: 24 * 3_600_000 };

/** What a reader learns of a key. */
export interface KeyView {
  readonly deleted: boolean;
  /** Present when the caller may copy the shadow's object into the target. */
  readonly token?: CopyToken;
}

/** A key that nobody is writing, as a reader found it. */
export interface Quiet {
  /** Another one after each failed write that was settled. */
  readonly settled: string | undefined;
}

const isUnsettled = (record: KeyRecord | undefined): boolean =>
  record !== undefined && (record.intents.length > 0 || record.settled !== undefined);

/** The per-key state of one shadowed bucket, and the rules of the protocol that are one atomic check-and-set each. */
export class Ledger extends LedgerTombstones {
  /** The rules of DELETE for many keys at once. */
  readonly batch: LedgerBatch;
  readonly #epoch: number;
  readonly #resumeMs: number;

  constructor(kv: Kv, bucketId: string, clock: Clock, options: Partial<LedgerOptions> = {}) {
    const { times, epoch, waitMs, resumeMs } = { ...DEFAULTS, ...options };
    super(kv, bucketId, clock, { times, waitMs });
    this.#epoch = epoch;
    this.#resumeMs = resumeMs;
    this.batch = new LedgerBatch(kv, bucketId, { clock, term: (now) => this.#term(now) });
  }

  /** How often a lease has to be renewed by whoever needs it for longer, ms. */
  get renewalMs(): number {
    return this.times.leaseMs / 3;
  }

  /** Whether a request that is sent now has applied, or never will, before others cease to honour a lease that ends then. */
  outlastsRequest({ until }: { readonly until: number }): boolean {
    return until - this.clock.now() >= longestRequestMs(this.times) + this.times.marginMs;
  }

  /**
   * READ step 2: reads D and, when neither D nor I is there, registers a valid token before the shadow is read. Where an attempt was given up whose
   * token nobody voided, it is that token which goes on, under another id: whoever held it can commit nothing any more.
   */
  async openCopy(key: string): Promise<KeyView> {
    const id = randomUUID();
    let deleted = false;
    let left: LeftUpload | undefined;
    const changed = await this.change(key, (record, now) => {
      deleted = record.tombstone !== undefined;
      if (deleted || record.intents.length > 0) return 'refuse';
      const given = record.copies.find((copy) => this.isLeft(copy, now));
      left = given && leftIn(given);
      const valid = { ...given, id, state: 'valid' as const, ...this.#term(now) };
      return { ...record, copies: [...record.copies.filter((copy) => copy !== given), valid] };
    });
    return changed ? { deleted: false, token: { key, id, left } } : { deleted };
  }

  /**
   * Whether the next attempt may go on with a copy that died or was given up: as with one that is slow, nobody has written or deleted the key since it
   * was begun, and the rung is the same.
   */
  isLeft({ state, resumable, epoch, until }: Copy, now = this.clock.now()): boolean {
    const isOurs = state === 'valid' && resumable !== undefined && epoch === this.#epoch;
    return isOurs && until <= now && now < until + this.#resumeMs;
  }

  /** Prolongs a token whose copy takes longer than its lease. False: a writer or a delete came first. */
  async renewToken(token: CopyToken): Promise<boolean> {
    return this.#changeCopy(token, (held, now) => ({ ...held, ...this.#term(now) }));
  }

  /**
   * Notes which upload of the target holds the copy's parts, so that it can be aborted whoever dies, and how it can be gone on with. False: the token
   * is void.
   */
  async noteUpload(token: CopyToken, uploadId: string, resumable?: Resumable): Promise<boolean> {
    return this.#changeCopy(token, (held) => ({ ...held, uploadId, resumable }));
  }

  /** Gives a copy up, and leaves its upload to the next attempt, for a time. False: it is not to be gone on with, or another has taken it over. */
  async leaveUpload(token: CopyToken): Promise<boolean> {
    return this.#changeCopy(token, (held, now) => ({ ...held, until: now }));
  }

  /** Whether the token is still the one under which its copy stands in the state. */
  async holds({ key, id }: CopyToken): Promise<boolean> {
    return (await this.record(key)).copies.some((copy) => copy.id === id);
  }

  /**
   * COPY: valid and no D -> committing. False: a writer or a delete came first, or the answer so late that the lease does not outlast the
   * release; the copy must be abandoned. It is to be released at once.
   */
  async beginCommit(token: CopyToken): Promise<boolean> {
    let until = 0;
    const begun = await this.#changeCopy(token, (held, now) => {
      const term = this.#term(now);
      until = term.until;
      return { ...held, ...term, state: 'committing' };
    });
    return begun && this.outlastsRequest({ until });
  }

  /**
   * SWEEP of an object that was read without a token: the state knows nothing of the key -> committing. False: it does, or reading took so long that
   * the tombstone of a delete may have come and gone.
   *
   * @param readSince when the shadow was asked for the object, Unix ms
   */
  async commitUnknown({ key, id }: CopyToken, readSince: number): Promise<boolean> {
    const now = this.clock.now();
    const copy = { id, state: 'committing' as const, ...this.#term(now) };
    if (!(await this.create(key, { intents: [], copies: [copy] }, now))) return false;
    if (this.outlastsRequest(copy) && this.clock.now() - readSince <= this.lookMs) return true;
    await this.dropToken({ key, id });
    return false;
  }

  async dropToken(token: CopyToken): Promise<void> {
    await this.change(token.key, (record) => {
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
    { deletes, purpose }: IntentOptions = {},
  ): Promise<WriteIntent> {
    const intent = { key, id: randomUUID(), mode, purpose, until: 0 };
    await this.#lease(intent, (record, held, now) => {
      if (!isFreeFor(mode, record)) return 'wait';
      const open = announced(record, held);
      return deletes ? buried(open, this.#grave(deletes, now)) : open;
    });
    return intent;
  }

  /** Makes sure that the intent's lease outlasts a request that is sent at once. False: it does not, and nothing may be sent any more. */
  async secureIntent(intent: WriteIntent): Promise<boolean> {
    while (!this.outlastsRequest(intent)) if (!(await this.renewIntent(intent))) return false;
    return true;
  }

  /** Prolongs an intent that is still needed. False: its time was over, and another has taken its place. */
  async renewIntent(intent: WriteIntent): Promise<boolean> {
    return this.#lease(intent, (record, held) => {
      const old = record.intents.find(({ id }) => id === intent.id);
      if (!old) return 'refuse';
      const prolonged = { ...held, epoch: old.epoch };
      return { ...record, intents: record.intents.map((other) => (other === old ? prolonged : other)) };
    });
  }

  async closeIntent(intent: WriteIntent): Promise<void> {
    await this.change(intent.key, (record) => withoutIntent(record, intent) ?? 'refuse');
  }

  /** Closes the intent of a write that failed and was settled; who has been reading the key meanwhile learns of it. */
  async closeSettled(intent: WriteIntent): Promise<void> {
    await this.change(intent.key, (record, now) => {
      const closed = withoutIntent(record, intent);
      return closed ? { ...closed, settled: { id: randomUUID(), until: now + this.graceMs } } : 'refuse';
    });
  }

  /**
   * Waits until nobody is writing the key. Returns what changes when a write that fails is settled.
   *
   * @throws KeyBusy after `waitMs`
   */
  async unwritten(key: string): Promise<Quiet> {
    const deadline = this.clock.now() + this.waitMs;
    for (;;) {
      const { intents, settled } = await this.record(key);
      if (intents.length === 0) return { settled: settled?.id };
      if (this.clock.now() >= deadline) throw new KeyBusy(`key ${JSON.stringify(key)} is being written`);
      await this.clock.sleep(RETRY_MS);
    }
  }

  /** Whether nobody is writing the key, and no write that failed was settled since it was as in `before`. */
  async isUnwrittenSince(key: string, before: Quiet): Promise<boolean> {
    const { intents, settled } = await this.record(key);
    return intents.length === 0 && settled?.id === before.settled;
  }

  /** Those of `keys` that somebody is writing, or of which a write that failed was settled in the last moments. */
  async writtenAmong(keys: readonly string[]): Promise<Set<string>> {
    const records = await this.recordsOf(keys);
    return new Set(keys.filter((_, index) => isUnsettled(records[index])));
  }

  /**
   * DELETE of a key that the target has: no copy is committing -> D, tokens void. Resolves to the end of the term within which the target is to be
   * told, Unix ms: later others take a key that the target still has for one that was written anew.
   */
  async bury(key: string, shadowDelete: Tombstone['shadowDelete']): Promise<{ readonly until: number }> {
    let until = 0;
    await this.change(key, (record, now) => {
      if (isCommitting(record)) return 'wait';
      until = this.#term(now).until;
      return buried(record, this.#grave(shadowDelete, now));
    });
    return { until };
  }

  /** DELETE of a key that was looked for under an intent that excludes others: I is mine -> D. False: the intent was lost. */
  async buryUnder(intent: WriteIntent, shadowDelete: Tombstone['shadowDelete']): Promise<boolean> {
    return this.change(intent.key, (record, now) =>
      withoutIntent(record, intent) ? buried(record, this.#grave(shadowDelete, now)) : 'refuse',
    );
  }

  /** DELETE of a key that the target does not have: I is mine -> D, and I is closed. False: the intent was lost. */
  async buryAndClose(intent: WriteIntent, shadowDelete: Tombstone['shadowDelete']): Promise<boolean> {
    return this.change(intent.key, (record, now) => {
      const closed = withoutIntent(record, intent);
      return closed ? buried(closed, this.#grave(shadowDelete, now)) : 'refuse';
    });
  }

  /** Whether an intent, a committing copy or an upload of one is left that was opened on an older rung than that of `epoch`. */
  async hasOpenBefore(epoch: number): Promise<boolean> {
    for await (const [, record] of this.openRecords()) {
      if (underWay(record).some((held) => held.epoch < epoch)) return true;
    }
    return false;
  }

  /** Whether the shadow is owed a delete that was made on an older rung than that of `epoch`. */
  async owesBefore(epoch: number): Promise<boolean> {
    for await (const [, record] of this.openRecords()) if (isOwedBefore(record, epoch)) return true;
    return false;
  }

  /** Keys that recovery has to look at now. */
  dueRecords(): AsyncGenerator<[key: string, record: KeyRecord]> {
    return this.openRecords(this.clock.now());
  }

  /** Recovery: forgets what has outlived its time, and tells what is left. */
  async tidy(key: string): Promise<KeyRecord> {
    const record = await this.record(key);
    if (!hasExpired(record, this.clock.now())) return record;
    await this.change(key, (unexpired) => unexpired);
    return this.record(key);
  }

  /**
   * Recovery: takes over the exclusive intent of a writer whose lease has run out. It counts as one of the rung on which it was opened, until
   * that write is settled. Undefined: there is none.
   */
  async adoptDeadIntent(key: string): Promise<WriteIntent | undefined> {
    const intent = { key, id: randomUUID(), mode: 'exclusive' as const, until: 0 };
    let purpose: string | undefined;
    const adopted = await this.#lease(intent, (record, held, now) => {
      const dead = record.intents.find((other) => other.mode === 'exclusive' && other.until <= now);
      if (!dead || liveExclusive(record, now) || isCommitting(record)) return 'refuse';
      purpose = dead.purpose;
      return { ...voided(record), intents: [{ ...held, epoch: dead.epoch, purpose }] };
    });
    return adopted ? { ...intent, purpose } : undefined;
  }

  async #changeCopy(token: CopyToken, change: (held: Copy, now: number) => Copy): Promise<boolean> {
    return this.change(token.key, (record, now) => {
      const held = record.copies.find((copy) => copy.id === token.id);
      if (held?.state !== 'valid' || record.tombstone) return 'refuse';
      return { ...record, copies: record.copies.map((copy) => (copy === held ? change(held, now) : copy)) };
    });
  }

  /** Changes a record so that it holds the intent from now on; how long that is the holder knows once it is so. */
  async #lease(
    intent: WriteIntent,
    change: (record: KeyRecord, held: Intent, now: number) => ReturnType<Change>,
  ): Promise<boolean> {
    const { key, id, mode, purpose } = intent;
    let until = 0;
    const changed = await this.change(key, (record, now) => {
      const term = this.#term(now);
      until = term.until;
      return change(record, { id, mode, purpose, ...term }, now);
    });
    if (changed) intent.until = until;
    return changed;
  }

  #grave(shadowDelete: Tombstone['shadowDelete'], now: number): Tombstone {
    return grave(shadowDelete, { now, epoch: this.#epoch });
  }

  /** Of a lease that begins now. */
  #term(now: number): Pick<Intent, 'until' | 'epoch'> {
    return { until: now + this.times.leaseMs, epoch: this.#epoch };
  }
}

function leftIn({ uploadId, resumable }: Copy): LeftUpload | undefined {
  return uploadId !== undefined && resumable ? { uploadId, ...resumable } : undefined;
}

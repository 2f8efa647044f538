import { randomUUID } from 'node:crypto';
import type { Clock } from '../system/clock.js';
import {
  announced,
  buried,
  grave,
  type Intent,
  isFreeFor,
  type KeyRecord,
  type Tombstone,
  withoutExpired,
  withoutIntent,
} from './key-record.js';
import type { Kv } from './kv.js';
import { readStored, recordKey, replacing } from './ledger-entries.js';
import { type ShadowDelete, shadowDeleteNoted } from './tombstone.js';
import type { WriteIntent } from './write-intent.js';

export interface LedgerBatchOptions {
  readonly clock: Clock;
  /** Of a lease that begins now. */
  readonly term: (now: number) => Pick<Intent, 'until' | 'epoch'>;
}

/** What becomes of a key's record; undefined leaves it as it is. */
type Change = (record: KeyRecord, key: string, now: number) => KeyRecord | undefined;

/** A commit that fails is made of two, and those that fail again of two: 1,000 keys are single ones after ten, and then have some more. */
const ATTEMPTS = 16;

/**
 * The rules of DELETE for up to 1,000 keys of a bucket, each one commit of the state unless others change a key in the same moment. None waits: what
 * a rule does not allow for a key, it leaves out.
 *
 * @throws KvUnavailable from every method when the state store cannot be reached
 */
export class LedgerBatch {
  readonly #kv: Kv;
  readonly #bucketId: string;
  readonly #options: LedgerBatchOptions;

  constructor(kv: Kv, bucketId: string, options: LedgerBatchOptions) {
    this.#kv = kv;
    this.#bucketId = bucketId;
    this.#options = options;
  }

  /**
   * No copy is committing, no other writer excludes this one -> I, tokens void; with `deletes` D in the same instant. Returns the intents of the
   * keys that were free.
   */
  async openIntents(
    keys: readonly string[],
    mode: Intent['mode'],
    deletes?: Tombstone['shadowDelete'],
  ): Promise<WriteIntent[]> {
    const opened = new Map<string, WriteIntent>();
    const changed = await this.#change(keys, (record, key, now) => {
      if (!isFreeFor(mode, record)) return undefined;
      const held = { id: randomUUID(), mode, ...this.#options.term(now) };
      opened.set(key, { key, id: held.id, mode, until: held.until });
      const open = announced(record, held);
      return deletes ? buried(open, this.#grave(deletes, now)) : open;
    });
    return changed.flatMap((key) => opened.get(key) ?? []);
  }

  /** I is mine -> D; the intents stay. Returns those that were not lost. */
  async bury(
    intents: readonly WriteIntent[],
    shadowDelete: Tombstone['shadowDelete'],
  ): Promise<WriteIntent[]> {
    const byKey = mapOf(intents);
    const changed = await this.#change([...byKey.keys()], (record, key, now) => {
      const intent = byKey.get(key);
      return intent && withoutIntent(record, intent) && buried(record, this.#grave(shadowDelete, now));
    });
    return changed.flatMap((key) => byKey.get(key) ?? []);
  }

  closeIntents(intents: readonly WriteIntent[]): Promise<void> {
    return this.noteShadowDeletes(new Map(), intents);
  }

  /** Notes by key how the deletes that the shadow was owed went, and closes intents in the same commit; the tombstones stay. */
  async noteShadowDeletes(
    told: ReadonlyMap<string, ShadowDelete>,
    closing: readonly WriteIntent[],
  ): Promise<void> {
    const byKey = mapOf(closing);
    await this.#change([...new Set([...told.keys(), ...byKey.keys()])], (record, key, now) => {
      const intent = byKey.get(key);
      const closed = intent && withoutIntent(record, intent);
      const outcome = told.get(key);
      return (outcome && shadowDeleteNoted(closed ?? record, outcome, now)) ?? closed;
    });
  }

  #grave(shadowDelete: Tombstone['shadowDelete'], now: number): Tombstone {
    return grave(shadowDelete, { now, epoch: this.#options.term(now).epoch });
  }

  /** The keys whose records were changed. */
  async #change(keys: readonly string[], change: Change, attempts = ATTEMPTS): Promise<string[]> {
    if (keys.length === 0 || attempts === 0) return [];
    const entries = await this.#kv.getMany(keys.map((key) => recordKey(this.#bucketId, key)));
    const now = this.#options.clock.now();
    const changes = keys.flatMap((key, index) => {
      const stored = readStored(entries[index]);
      const next = change(withoutExpired(stored.record, now), key, now);
      return next ? { key, commit: replacing(this.#bucketId, key, { stored, next, now }) } : [];
    });
    if (changes.length === 0) return [];
    const commits = changes.map(({ commit }) => commit);
    const version = await this.#kv.commit({
      checks: commits.flatMap(({ checks }) => checks),
      sets: commits.flatMap(({ sets }) => sets),
      deletes: commits.flatMap(({ deletes }) => deletes),
    });
    if (version !== null) return changes.map(({ key }) => key);
    const middle = Math.ceil(keys.length / 2);
    const first = await this.#change(keys.slice(0, middle), change, attempts - 1);
    return [...first, ...(await this.#change(keys.slice(middle), change, attempts - 1))];
  }
}

const mapOf = (intents: readonly WriteIntent[]): Map<string, WriteIntent> =>
  new Map(intents.map((intent) => [intent.key, intent]));

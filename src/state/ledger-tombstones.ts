import type { Clock } from '../system/clock.js';
import type { Times } from '../system/times.js';
import type { Kv } from './kv.js';
import { LedgerStore } from './ledger-store.js';
import {
  type GraceEnd,
  graceEnded,
  type Repairs,
  repairsAmong,
  type ShadowDelete,
  shadowDeleteForgone,
  shadowDeleteNoted,
} from './tombstone.js';

export interface LedgerTombstonesOptions {
  readonly times: Times;
  readonly waitMs: number;
}

/** The tombstones of one bucket: which keys are deleted, what the shadow is owed, and when a tombstone can go. */
export class LedgerTombstones extends LedgerStore {
  protected readonly times: Times;

  constructor(kv: Kv, bucketId: string, clock: Clock, { times, waitMs }: LedgerTombstonesOptions) {
    super(kv, bucketId, clock, { waitMs });
    this.times = times;
  }

  /** How long a look at the shadow and then at the tombstones may take, ms: the grace of a tombstone outlasts it by the margin of the clocks. */
  get lookMs(): number {
    return this.times.leaseMs;
  }

  protected get graceMs(): number {
    return this.lookMs + this.times.marginMs;
  }

  async isDeleted(key: string): Promise<boolean> {
    return (await this.record(key)).tombstone !== undefined;
  }

  /** Those of `keys` that are deleted, in two round trips at most however many keys there are. */
  async deletedAmong(keys: readonly string[]): Promise<Set<string>> {
    const records = await this.recordsOf(keys);
    return new Set(keys.filter((_, index) => records[index]?.tombstone));
  }

  /** True when any key that begins with `prefix` is deleted. */
  async anyDeleted(prefix: string): Promise<boolean> {
    for await (const [, record] of this.records(prefix)) if (record.tombstone) return true;
    return false;
  }

  /** The tombstones of `keys` for which the shadow is not left alone, by their generation. */
  async owedDeletes(keys: readonly string[]): Promise<Map<string, string>> {
    const records = await this.recordsOf(keys);
    return new Map(
      keys.flatMap((key, index) => {
        const tombstone = records[index]?.tombstone;
        return tombstone && tombstone.shadowDelete !== 'kept' ? [[key, tombstone.generation] as const] : [];
      }),
    );
  }

  /** Whether the shadow is owed the delete of the key. */
  async owesDelete(key: string): Promise<boolean> {
    return (await this.record(key)).tombstone?.shadowDelete === 'pending';
  }

  /** Notes how the delete that the shadow was owed went; the tombstone stays. */
  async noteShadowDelete(key: string, told: ShadowDelete): Promise<void> {
    await this.change(key, (record, now) => shadowDeleteNoted(record, told, now) ?? 'refuse');
  }

  /** T has the key: in the end the shadow is owed the delete no longer. */
  async forgoShadowDelete(key: string, generation: string): Promise<void> {
    const longestDeleteMs = this.graceMs;
    await this.change(
      key,
      (record, now) => shadowDeleteForgone(record, generation, { now, longestDeleteMs }) ?? 'refuse',
    );
  }

  /** Keys with tombstones whose grace is over. */
  collectableKeys(): AsyncGenerator<string> {
    return this.emptiedBy(this.clock.now() - this.graceMs);
  }

  /** The generation of the key's tombstone, if its grace is over. */
  async collectable(key: string): Promise<string | undefined> {
    const { tombstone } = await this.record(key);
    const since = tombstone?.emptySince ?? Number.POSITIVE_INFINITY;
    return since + this.graceMs <= this.clock.now() ? tombstone?.generation : undefined;
  }

  /** COLLECTING: removes the tombstone, or notes why it stays. */
  async endGrace(key: string, end: GraceEnd): Promise<void> {
    const { graceMs } = this;
    await this.change(key, (record, now) => graceEnded(record, end, { now, graceMs }) ?? 'refuse');
  }

  /** What the shadow is still owed. */
  repairs(): Promise<Repairs> {
    return repairsAmong(this.openRecords());
  }
}

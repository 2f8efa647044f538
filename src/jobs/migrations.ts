import type { Ledger } from '../state/ledger.js';
import { type Survey, survey } from '../sweep/survey.js';
import { NOT_SWEPT, Sweep, type SweepProgress, type SweptBucket } from '../sweep/sweep.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';

/** How far a bucket is: what the listings of both sides say, and what is owed. */
export interface MigrationStatus extends Survey {
  /** Objects that the running or last sweep could not copy. */
  readonly failed: number;
  /** Deletes that the shadow has not carried out yet, and writes that recovery has to settle. */
  readonly pendingRepairs: number;
  /** Deleted keys that are remembered. */
  readonly tombstones: number;
}

export interface MigrationsOptions {
  /** Undefined when the bucket has no shadow (any more). */
  readonly find: (bucket: string) => Promise<SweptBucket | undefined>;
  readonly ledger: (bucketId: string) => Ledger;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The moves that this gateway works on: at most one sweep for each bucket. */
export class Migrations {
  readonly #sweeps = new Map<string, Sweep>();

  constructor(private readonly options: MigrationsOptions) {}

  /**
   * Walks both listings for at most `deadlineMs`.
   *
   * @throws ListingRefused, BackendUnavailable, KvUnavailable
   */
  async status({ name }: { readonly name: string }, deadlineMs: number): Promise<MigrationStatus> {
    const bucket = await this.#bucket(name);
    const found = await survey(bucket, deadlineMs, this.options.clock);
    return { ...found, ...(await countKept(bucket.ledger)), failed: this.sweep({ name }).failed };
  }

  /** Begins to copy what remains; a sweep that runs already goes on. */
  async startSweep({ name }: { readonly name: string }): Promise<SweepProgress> {
    const current = this.#sweeps.get(name);
    if (current?.progress.state === 'running') return current.progress;
    const sweep = new Sweep(await this.#bucket(name), this.options.clock, this.options.log);
    this.#sweeps.set(name, sweep);
    return sweep.progress;
  }

  sweep({ name }: { readonly name: string }): SweepProgress {
    return this.#sweeps.get(name)?.progress ?? NOT_SWEPT;
  }

  /** Once a shadow is cleared: ends the sweep and drops what the state holds, which would hide keys of a next shadow. */
  async forget({ name, id }: { readonly name: string; readonly id: string }): Promise<void> {
    await this.#endSweep(name);
    await this.options.ledger(id).clear();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sweeps.keys()].map((name) => this.#endSweep(name)));
  }

  async #endSweep(name: string): Promise<void> {
    const sweep = this.#sweeps.get(name);
    this.#sweeps.delete(name);
    await sweep?.stop();
  }

  async #bucket(name: string): Promise<SweptBucket> {
    const bucket = await this.options.find(name);
    if (!bucket) throw new Error(`bucket ${name} has no shadow`);
    return bucket;
  }
}

async function countKept(ledger: Ledger): Promise<{ tombstones: number; pendingRepairs: number }> {
  let tombstones = 0;
  let pendingRepairs = 0;
  for await (const [, { tombstone, intents }] of ledger.records()) {
    if (tombstone) tombstones += 1;
    if (tombstone?.shadowDelete === 'pending' || intents.some(({ mode }) => mode === 'exclusive'))
      pendingRepairs += 1;
  }
  return { tombstones, pendingRepairs };
}

import type { BucketRecord } from '../state/buckets.js';
import { type Kv, KvUnavailable } from '../state/kv.js';
import { isOver } from '../state/passes/pass-record.js';
import type { Registry } from '../state/registry.js';
import type { Logger } from '../system/logger.js';
import { unlessAborted } from '../system/unless-aborted.js';
import { type ClearingDependencies, clearShadow } from './admin/clear-shadow.js';
import { AdminError } from './admin/errors.js';
import type { ShadowedRecord } from './admin/find-bucket.js';
import { leftOf } from './admin/proof.js';
import type { Audit } from './audit.js';

export interface DrainedOptions extends ClearingDependencies {
  readonly kv: Kv;
  readonly registry: Pick<Registry, 'buckets'>;
  readonly audit: Pick<Audit, 'noteOwn'>;
  readonly log: Pick<Logger, 'info' | 'error'>;
}

/** How often buckets are looked at, ms. */
const LOOK_MS = 2_000;
/** How long a gateway that clears is left alone by the others, ms: it counts, and waits for all gateways. */
const LEASE_MS = 180_000;
/** How long a clearing waits for all gateways, ms. */
const WAIT_MS = 60_000;
/** Before what was left is swept again, ms. */
const AGAIN_MS = 60_000;

/**
 * Clears shadows that are to go when they are drained (`--when-drained`): once a sweep has left nothing, by the same check that an operator's own
 * clearing makes. Until then it has the bucket swept again and again. Any gateway does so; a lease in the state keeps others from doing it at once.
 */
export class ClearingWhenDrained {
  readonly #closing = new AbortController();
  #ended: Promise<void> = Promise.resolve();

  constructor(private readonly options: DrainedOptions) {}

  start(): void {
    this.#ended = this.#lookForever();
  }

  async stop(): Promise<void> {
    this.#closing.abort();
    await this.#ended;
  }

  async #lookForever(): Promise<void> {
    const { signal } = this.#closing;
    const { clock, registry } = this.options;
    while (!signal.aborted) {
      for (const record of registry.buckets()) if (isWaiting(record)) await this.#lookAt(record);
      await clock.sleep(LOOK_MS, signal).catch(unlessAborted(signal));
    }
  }

  async #lookAt(record: ShadowedRecord): Promise<void> {
    const { log } = this.options;
    try {
      if (!(await this.#isDrained(record)) || !(await this.#lease(record))) return;
      await this.#clear(record).finally(() => this.#release(record));
    } catch (error) {
      if (error instanceof KvUnavailable) return;
      log.error({ err: error, bucket: record.name }, 'a shadow could not be cleared; it is tried again');
    }
  }

  /** Whether the last sweep left nothing. Where it left something, or there was none, another is begun in a while. */
  async #isDrained(record: ShadowedRecord): Promise<boolean> {
    const { migrations, clock } = this.options;
    const sweep = await migrations.pass(record, 'sweep');
    if (sweep && !isOver(sweep)) return false;
    if (sweep?.state === 'done' && leftOf(sweep.tally) === 0) return true;
    const rests = sweep?.state === 'stopped' || clock.now() - (sweep?.finishedAt ?? 0) < AGAIN_MS;
    if (!rests) await this.#sweepAgain(record);
    return false;
  }

  async #clear(record: ShadowedRecord): Promise<void> {
    const { audit, log } = this.options;
    try {
      const { proof } = await clearShadow(record, { force: false, waitMs: WAIT_MS }, this.options);
      log.info({ bucket: record.name, proof }, 'the shadow is drained and goes');
      await audit.noteOwn({ action: 'shadow.clear', bucket: record.name, change: { ...proof } });
    } catch (error) {
      if (!(error instanceof AdminError)) throw error;
      log.info({ bucket: record.name, reason: error.message }, 'the shadow is not drained yet');
      await this.#sweepAgain(record);
    }
  }

  async #sweepAgain(record: ShadowedRecord): Promise<void> {
    const { passes, pass } = this.options.migrations;
    const before = await pass(record, 'sweep');
    const { onDrift = 'report' } = before?.settings ?? {};
    await passes.start(record, 'sweep', { catchUp: true, onDrift });
  }

  async #lease({ id }: BucketRecord): Promise<boolean> {
    const key = leaseKey(id);
    const checks = [{ key, version: null }];
    const sets = [{ key, value: 'clearing', expireIn: LEASE_MS }];
    return (await this.options.kv.commit({ checks, sets })) !== null;
  }

  async #release({ id }: BucketRecord): Promise<void> {
    await this.options.kv.commit({ deletes: [leaseKey(id)] });
  }
}

const isWaiting = (record: BucketRecord): record is ShadowedRecord =>
  record.shadow?.clearWhenDrained === true && record.shadow.aim !== 'none';

const leaseKey = (bucketId: string): string => `clearing/${bucketId}`;

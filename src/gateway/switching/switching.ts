import { S3Error } from '../../s3/errors.js';
import type { BucketRecord, BucketStore } from '../../state/buckets.js';
import type { GatewayLeases } from '../../state/gateway-leases.js';
import { type Kv, KvUnavailable } from '../../state/kv.js';
import { Ledger } from '../../state/ledger.js';
import type { Registry } from '../../state/registry.js';
import type { Aim, Rung } from '../../state/rung.js';
import type { Clock } from '../../system/clock.js';
import type { Logger } from '../../system/logger.js';
import type { Audit } from '../audit.js';
import { Conductor } from './conductor.js';
import { nextStep } from './steps.js';
import { createWaiting, type WaitingFor } from './waiting.js';

/** How far a bucket is on the way to what was asked of it. */
export type SwitchState =
  | { readonly state: 'settled' }
  | {
      readonly state: 'switching';
      /** `none`: the shadow is cleared, and its tombstones are about to go. */
      readonly rung: Rung | 'none';
      readonly aim: Aim;
      readonly epoch: number;
      /** What the next step waits for, in words: gateways by their id, and writes that are under way. */
      readonly waitingFor: readonly string[];
    };

/** The steps by which a shadow is set, switched and cleared. Any gateway takes them; none need be asked to. */
export interface Switching {
  /** @throws KvUnavailable */
  state(record: BucketRecord): Promise<SwitchState>;
  /**
   * Resolves when the bucket has reached its aim and every gateway serves it so. Rejects with the signal's reason when it aborts
   * first, with S3Error NoSuchBucket when the bucket goes; while the state cannot be reached, it waits.
   */
  settled(bucket: string, signal: AbortSignal): Promise<BucketRecord>;
}

export interface RunningSwitching extends Switching {
  /** Takes no more steps; other gateways do. */
  stop(): Promise<void>;
}

export interface SwitchingOptions {
  readonly kv: Kv;
  readonly registry: Pick<Registry, 'bucket' | 'buckets' | 'onChange'>;
  readonly buckets: Pick<BucketStore, 'judge' | 'update'>;
  readonly leases: GatewayLeases;
  readonly audit?: Pick<Audit, 'noteOwn'>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** Begins to conduct the switches of all buckets, and tells how far they are. */
export function startSwitching({ kv, clock, ...options }: SwitchingOptions): RunningSwitching {
  const { registry, leases } = options;
  const ledgerOf = ({ id }: BucketRecord) => new Ledger(kv, id, clock);
  const waitingFor = createWaiting({ leases, ledgerOf });
  const conductor = new Conductor({ ...options, waitingFor, ledgerOf, clock });
  conductor.start();
  return { ...createSwitching({ registry, waitingFor, clock }), stop: () => conductor.stop() };
}

interface TellingOptions {
  readonly registry: Pick<Registry, 'bucket'>;
  readonly waitingFor: WaitingFor;
  readonly clock: Clock;
}

/** How often a bucket is looked at by whoever waits for it, ms. */
const LOOK_MS = 100;

function createSwitching({ registry, waitingFor, clock }: TellingOptions): Switching {
  async function state(record: BucketRecord): Promise<SwitchState> {
    const { shadow, forgetting, epoch, job } = record;
    if (shadow === null && !forgetting && !job) return { state: 'settled' };
    const waiting = await waitingFor(record);
    if (nextStep(record) === undefined && waiting.length === 0) return { state: 'settled' };
    const { rung, aim } = shadow ?? { rung: 'none', aim: 'none' };
    return { state: 'switching', rung, aim, epoch, waitingFor: waiting };
  }

  /** What cannot be asked is not settled yet. */
  async function isSettled(record: BucketRecord): Promise<boolean> {
    try {
      return (await state(record)).state === 'settled';
    } catch (error) {
      if (error instanceof KvUnavailable) return false;
      throw error;
    }
  }

  return {
    state,
    async settled(bucket, signal) {
      for (;;) {
        signal.throwIfAborted();
        const record = registry.bucket(bucket);
        if (record === undefined)
          throw new S3Error('NoSuchBucket', undefined, { fields: { BucketName: bucket } });
        if (await isSettled(record)) return record;
        await clock.sleep(LOOK_MS, signal);
      }
    },
  };
}

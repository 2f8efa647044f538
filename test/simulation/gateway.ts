import { pino } from 'pino';
import type { S3Service } from '../../src/s3/message.js';
import type { ShadowedBucket } from '../../src/shadow/shadowed.js';
import { createPageTokens } from '../../src/state/page-tokens.js';
import { createUploadIds } from '../../src/state/upload-ids.js';
import type { PassControl } from '../../src/sweep/passes/control.js';
import type { Clock } from '../../src/system/clock.js';
import { clockOf } from './gateway-clock.js';
import { Life } from './life.js';
import type { MemoryKv } from './memory-kv.js';
import type { Monitor, Side } from './monitor.js';
import { BUCKET_ID, recordOf } from './record.js';
import type { Rules } from './rules.js';
import type { Scenario } from './scenario.js';
import { SEALER } from './sealer.js';
import { reachedState } from './state-boundary.js';
import { reached } from './store-boundary.js';
import { startEngine } from './sweeping/engine.js';
import type { Tally } from './tally.js';
import type { Weather } from './weather.js';

export interface SimulatedGateway {
  readonly life: Life;
  readonly bucket: Pick<ShadowedBucket, 'service' | 'migrate' | 'replaceCopy'>;
  /** Of the sweeps that gateways work on, where they do. */
  readonly control?: PassControl | undefined;
}

/** What all gateways of a run share. */
export interface Shared {
  readonly scenario: Scenario;
  readonly rules: Rules;
  readonly stores: Readonly<Record<Side, S3Service>>;
  readonly kv: MemoryKv;
  readonly weather: Weather;
  readonly monitor: Monitor;
  readonly tally: Tally;
}

const log = pino({ level: 'silent' });

/** The code under test where the rung stays, as one process runs it: its own memory, and its own way to the stores and the state. */
export function startGateway(id: string, shared: Shared): SimulatedGateway {
  const { scenario, rules, stores, kv, weather } = shared;
  const record = recordOf(scenario);
  if (record.shadow === null)
    throw new RangeError('a bucket without a shadow has none as long as nobody sets one');
  const life = new Life(weather.scheduler);
  const clock = clockOf(life, weather.scheduler);
  const target = reached(stores.target, { ...shared, side: 'target', life });
  const shadow = reached(stores.shadow, { ...shared, side: 'shadow', life });
  const state = reachedState(kv, life, weather);
  const ledger = rules.ledger(state, countingWaits(clock, shared.tally));
  const bucket = rules.shadowed({
    bucket: { ...record, shadow: record.shadow },
    target,
    copySources: target,
    shadow,
    ledger,
    gateway: 'gateway-1',
    demandIntents: async () => undefined,
    uploadIds: createUploadIds({ kv: state, sealer: SEALER, bucketId: BUCKET_ID }),
    losses: { note: () => undefined, drain: async () => undefined },
    copiedByReads: { note: () => undefined, drain: async () => undefined },
    pageTokens: createPageTokens(SEALER, BUCKET_ID),
    clock,
    log,
  });
  bucket.startRecovery();
  if (!scenario.sweeps) return { life, bucket };
  const sides = { target, shadow, ledger, prefix: '' };
  const control = startEngine({ id, sides, migrate: bucket.migrate, state, clock }, shared);
  return { life, bucket, control };
}

/** The ledger sleeps when it has to wait for another writer, or lost a race against one. */
const countingWaits = (clock: Clock, tally: Tally): Clock => ({
  ...clock,
  sleep(ms, signal) {
    tally.count('rule', 'key waited for');
    return clock.sleep(ms, signal);
  },
});

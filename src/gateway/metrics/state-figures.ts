import type { BucketRecord } from '../../state/buckets.js';
import type { GatewayLeases, LiveGateway } from '../../state/gateway-leases.js';
import { JOB_PHASES, JOB_STATUSES, type JobRecord } from '../../state/jobs/job-record.js';
import type { JobStore } from '../../state/jobs/job-store.js';
import type { Kv } from '../../state/kv.js';
import { Ledger } from '../../state/ledger.js';
import { KINDS } from '../../state/passes/pass-record.js';
import type { Passes } from '../../state/passes/passes.js';
import type { Registry } from '../../state/registry.js';
import type { Delivery, QueueLengths } from '../../sweep/delivery/delivery.js';
import { type Progress, progressOf } from '../../sweep/passes/progress.js';
import type { Clock } from '../../system/clock.js';
import { inBatches } from '../../system/in-batches.js';
import { behind } from '../switching/waiting.js';

/** What the keys of one bucket have in the state. */
export interface KeyFigures {
  readonly tombstones: number;
  /** Deletes that the shadow is owed, and since when the oldest of them, Unix ms. */
  readonly repairs: number;
  readonly oldestRepairAt: number | undefined;
  readonly intents: number;
  readonly copies: number;
  /** False: the bucket has more than were counted. */
  readonly isWhole: boolean;
}

export interface BucketFigures {
  readonly bucket: string;
  readonly keys: KeyFigures;
  /** Gateways that have not acknowledged the bucket's epoch. */
  readonly behind: number;
  readonly passes: readonly Progress[];
}

export interface JobFigures extends Pick<JobRecord, 'status' | 'phase'> {
  readonly count: number;
}

/** What the state tells of all gateways that share it. */
export interface StateFigures {
  /** Unix ms. */
  readonly readAt: number;
  readonly gateways: number;
  readonly queue: QueueLengths;
  readonly jobs: readonly JobFigures[];
  readonly buckets: readonly BucketFigures[];
}

export interface StateFiguresSources {
  readonly kv: Kv;
  readonly registry: Pick<Registry, 'buckets'>;
  readonly leases: Pick<GatewayLeases, 'live'>;
  readonly jobRecords: Pick<JobStore, 'list'>;
  readonly passes: Passes;
  readonly delivery: Pick<Delivery, 'lengths'>;
  readonly clock: Clock;
}

interface Ending {
  readonly signal: AbortSignal;
}

/** Keys that are looked at in one reading, of all buckets together, and the newest jobs. */
const MAX_KEYS = 100_000;
const MAX_JOBS = 1_000;
const JOBS_AT_ONCE = 100;
/** Between a thousand keys and the next, or a hundred jobs, ms: clients come first. */
const PAUSE_MS = 20;

/** Reads all of it, a piece at a time. @throws KvUnavailable, and the signal's reason */
export async function readStateFigures(
  sources: StateFiguresSources,
  signal: AbortSignal,
): Promise<StateFigures> {
  const { registry, leases, delivery, clock } = sources;
  const live = await leases.live();
  const room = { keys: MAX_KEYS };
  const buckets: BucketFigures[] = [];
  for (const record of registry.buckets().filter(isMoving)) {
    signal.throwIfAborted();
    const keys = await keyFigures(record, room, { ...sources, signal });
    buckets.push(await figuresOf(record, { keys, live }, sources));
  }
  return {
    readAt: clock.now(),
    gateways: live.length,
    queue: await delivery.lengths(),
    jobs: await jobFigures({ ...sources, signal }),
    buckets,
  };
}

/** Of all others the state has nothing but the record. */
const isMoving = ({ shadow, forgetting, job }: BucketRecord): boolean =>
  shadow !== null || forgetting || job !== undefined;

async function figuresOf(
  record: BucketRecord,
  { keys, live }: { readonly keys: KeyFigures; readonly live: readonly LiveGateway[] },
  { passes, clock }: Pick<StateFiguresSources, 'passes' | 'clock'>,
): Promise<BucketFigures> {
  const found = await Promise.all(KINDS.map((kind) => passes.get(record.id, kind)));
  const begun = found.flatMap((pass) => pass ?? []);
  return {
    bucket: record.name,
    keys,
    behind: behind(record, live).length,
    passes: await Promise.all(begun.map((pass) => progressOf(pass, passes, clock))),
  };
}

async function keyFigures(
  { id }: BucketRecord,
  room: { keys: number },
  { kv, clock, signal }: Pick<StateFiguresSources, 'kv' | 'clock'> & Ending,
): Promise<KeyFigures> {
  let [tombstones, repairs, intents, copies] = [0, 0, 0, 0];
  let oldestRepairAt: number | undefined;
  for await (const batch of inBatches(new Ledger(kv, id, clock).records())) {
    if (room.keys < batch.length)
      return { tombstones, repairs, oldestRepairAt, intents, copies, isWhole: false };
    room.keys -= batch.length;
    for (const [, { tombstone, ...held }] of batch) {
      if (tombstone) tombstones += 1;
      intents += held.intents.length;
      copies += held.copies.length;
      if (tombstone?.shadowDelete !== 'pending') continue;
      repairs += 1;
      oldestRepairAt = Math.min(oldestRepairAt ?? tombstone.since, tombstone.since);
    }
    await clock.sleep(PAUSE_MS, signal);
  }
  return { tombstones, repairs, oldestRepairAt, intents, copies, isWhole: true };
}

/** Of every status and phase that there can be, those without a job among them. */
async function jobFigures({
  jobRecords,
  clock,
  signal,
}: Pick<StateFiguresSources, 'jobRecords' | 'clock'> & Ending): Promise<JobFigures[]> {
  const items: JobRecord[] = [];
  for (let after: string | undefined; items.length < MAX_JOBS; ) {
    const page = await jobRecords.list({ limit: JOBS_AT_ONCE, ...(after !== undefined && { after }) });
    items.push(...page.items);
    after = page.next;
    if (after === undefined) break;
    await clock.sleep(PAUSE_MS, signal);
  }
  return JOB_STATUSES.flatMap((status) =>
    JOB_PHASES.map((phase) => ({
      status,
      phase,
      count: items.filter((job) => job.status === status && job.phase === phase).length,
    })),
  );
}

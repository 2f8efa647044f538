import { randomUUID } from 'node:crypto';
import { S3Error } from '../s3/errors.js';
import type { BucketRecord } from '../state/buckets.js';
import type { Kv } from '../state/kv.js';
import { Ledger } from '../state/ledger.js';
import { survey } from '../sweep/survey.js';
import { Sweep, type SweptBucket } from '../sweep/sweep.js';
import { SweepReports } from '../sweep/sweep-reports.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import type { Migrations } from './admin/dependencies.js';
import type { MovingFrom } from './bucket-route.js';
import type { BucketRoutes } from './bucket-routes.js';

export interface MigrationsOptions {
  readonly routes: BucketRoutes;
  readonly kv: Kv;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface RunningMigrations extends Migrations {
  /** Ends the sweeps of this gateway, once the copies under way have ended. */
  stop(): Promise<void>;
}

interface RunningSweep {
  readonly sweep: Sweep;
  readonly reported: Promise<void>;
}

/** What the admin API shows and starts of migrations: how far they are, and the sweeps that run on this gateway. */
export function createMigrations({ routes, kv, clock, log }: MigrationsOptions): RunningMigrations {
  const reports = new SweepReports(kv, clock);
  const sweeps = new Map<string, RunningSweep>();
  const closing = new AbortController();

  async function movingBucket(name: string): Promise<MovingFrom & Pick<SweptBucket, 'target'>> {
    const route = await routes.find(name);
    if (route?.movingFrom) return { ...route.movingFrom, target: route.target };
    throw new S3Error('InvalidBucketState', `Bucket "${name}" has no shadow.`);
  }

  /** It asks for the route anew each time, so that a sweep goes on when the settings of its bucket change. */
  function sweptBucket({ name, id, shadow }: BucketRecord): SweptBucket {
    return {
      name,
      ledger: new Ledger(kv, id, clock),
      prefix: shadow?.targetPrefix ?? '',
      target: async (request) => (await movingBucket(name)).target(request),
      shadow: async (request) => (await movingBucket(name)).shadow(request),
      migrate: async (key) => (await movingBucket(name)).migrate(key),
    };
  }

  async function startSweep(bucket: BucketRecord): Promise<void> {
    const run = randomUUID();
    if (!(await reports.claim(bucket.id, run))) return;
    const sweep = new Sweep(sweptBucket(bucket), clock, log);
    const reported = reports.follow(bucket.id, run, sweep, closing.signal);
    sweeps.set(bucket.id, { sweep, reported });
  }

  return {
    async status(bucket, deadlineMs) {
      const moving = await movingBucket(bucket.name);
      return {
        ...(await survey(moving, deadlineMs, clock)),
        failed: (await reports.read(bucket.id)).failed,
        repairs: await moving.ledger.repairs(),
        tombstones: await countTombstones(moving.ledger),
      };
    },
    async startSweep(bucket) {
      await startSweep(bucket);
      return reports.read(bucket.id);
    },
    sweep: ({ id }) => reports.read(id),
    async endSweep({ id }) {
      await sweeps.get(id)?.sweep.stop();
      sweeps.delete(id);
      await reports.forget(id);
    },
    async stop() {
      closing.abort();
      await Promise.all(
        [...sweeps.values()].map(({ sweep, reported }) => Promise.all([sweep.stop(), reported])),
      );
    },
  };
}

async function countTombstones(ledger: Ledger): Promise<number> {
  let tombstones = 0;
  for await (const [, { tombstone }] of ledger.records()) if (tombstone) tombstones += 1;
  return tombstones;
}

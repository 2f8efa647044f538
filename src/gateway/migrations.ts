import { S3Error } from '../s3/errors.js';
import type { BucketRecord } from '../state/buckets.js';
import type { Kv } from '../state/kv.js';
import { Ledger } from '../state/ledger.js';
import { survey } from '../sweep/survey.js';
import { NOT_SWEPT, Sweep, type SweptBucket } from '../sweep/sweep.js';
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

/** What the admin API shows and starts of migrations: how far they are, and the sweeps that run on this gateway. */
export function createMigrations({ routes, kv, clock, log }: MigrationsOptions): RunningMigrations {
  const sweeps = new Map<string, Sweep>();

  async function movingBucket(name: string): Promise<MovingFrom & Pick<SweptBucket, 'target'>> {
    const route = await routes.find(name);
    if (route?.movingFrom) return { ...route.movingFrom, target: route.target };
    throw new S3Error('InvalidBucketState', `Bucket "${name}" has no shadow.`);
  }

  /** It asks for the route anew each time, so that a sweep goes on when the settings of its bucket change. */
  function sweptBucket({ name, id }: BucketRecord): SweptBucket {
    return {
      name,
      ledger: new Ledger(kv, id, clock),
      target: async (request) => (await movingBucket(name)).target(request),
      shadow: async (request) => (await movingBucket(name)).shadow(request),
      migrate: async (key) => (await movingBucket(name)).migrate(key),
    };
  }

  const progressOf = ({ id }: BucketRecord) => sweeps.get(id)?.progress ?? NOT_SWEPT;

  return {
    async status(bucket, deadlineMs) {
      const moving = await movingBucket(bucket.name);
      return {
        ...(await survey(moving, deadlineMs, clock)),
        failed: progressOf(bucket).failed,
        ...(await countKeys(moving.ledger)),
      };
    },
    async startSweep(bucket) {
      if (progressOf(bucket).state !== 'running')
        sweeps.set(bucket.id, new Sweep(sweptBucket(bucket), clock, log));
      return progressOf(bucket);
    },
    sweep: progressOf,
    async forget({ id }) {
      await sweeps.get(id)?.stop();
      sweeps.delete(id);
      await new Ledger(kv, id, clock).clear();
    },
    async stop() {
      await Promise.all([...sweeps.values()].map((sweep) => sweep.stop()));
    },
  };
}

async function countKeys(ledger: Ledger): Promise<{ pendingRepairs: number; tombstones: number }> {
  let pendingRepairs = 0;
  let tombstones = 0;
  for await (const _ of ledger.openKeys()) pendingRepairs += 1;
  for await (const [, { tombstone }] of ledger.records()) if (tombstone) tombstones += 1;
  return { pendingRepairs, tombstones };
}

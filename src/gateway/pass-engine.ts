import { appendFile, mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { seesShadow } from '../shadow/rungs.js';
import type { Kv } from '../state/kv.js';
import type { Finding, Pass } from '../state/passes/pass-record.js';
import { Passes } from '../state/passes/passes.js';
import type { Delivery } from '../sweep/delivery/delivery.js';
import { copyWork } from '../sweep/passes/copy-work.js';
import { Engine, type PassBucket } from '../sweep/passes/engine.js';
import { type MovingBucket, rowsOf } from '../sweep/rows.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import type { BucketRoutes } from './bucket-routes.js';
import { findMoving } from './find-moving.js';

export interface PassEngineOptions {
  readonly routes: BucketRoutes;
  readonly kv: Kv;
  readonly delivery: Delivery;
  /** Where findings go for which the state has no room. */
  readonly folder: string;
  /** Of this process, among all that work on passes. */
  readonly id: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Begins to work on passes over the buckets that this gateway serves, beside all others. */
export function startPassEngine(options: PassEngineOptions): Engine {
  const { routes, kv, delivery, folder, id, clock, log } = options;

  /** Undefined until clients see the shadow's objects: what is deleted before leaves its tombstone, and is not copied. */
  async function open({ bucket, bucketId }: Pass): Promise<PassBucket | undefined> {
    const record = (await routes.find(bucket))?.record;
    const isThere = record?.id === bucketId && record.shadow !== null && seesShadow(record.shadow);
    return isThere ? openBucket(bucket, record.shadow?.targetPrefix ?? '') : undefined;
  }

  /** It asks for the route anew each time, so that a pass goes on when the settings of its bucket change. */
  function openBucket(name: string, prefix: string): PassBucket {
    const now = () => findMoving(routes, name);
    const moving: MovingBucket = {
      prefix,
      target: async (request) => (await now()).target(request),
      shadow: async (request) => (await now()).shadow(request),
      ledger: { deletedAmong: async (keys) => (await now()).ledger.deletedAmong(keys) },
    };
    const limit = pLimit(16);
    return {
      rows: (range, signal) => rowsOf(moving, range, signal),
      plan: async () => ({ ranges: [{ objects: 0 }], objects: 0, meanBytes: 0, basis: 'not sampled' }),
      split: async (range) => [range],
      work: copyWork({
        migrate: async (key, hints) => (await now()).migrate(key, hints),
        paced: (work, signal) =>
          limit(() => {
            signal.throwIfAborted();
            return work();
          }),
        judgeBoth: ({ key, source }) => ({ key, outcome: 'present', bytes: source?.size ?? 0 }),
        clock,
        log,
      }),
      setShare: () => undefined,
      close: () => undefined,
    };
  }

  async function spill({ bucket, kind, run }: Pass, findings: readonly Finding[]): Promise<string> {
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${bucket}-${kind}-${run}.ndjson`);
    await appendFile(path, findings.map((finding) => `${JSON.stringify(finding)}\n`).join(''));
    return `${path} on ${hostname()}`;
  }

  const engine = new Engine({ passes: new Passes(kv, clock), delivery, open, spill, id, clock, log });
  engine.start();
  return engine;
}

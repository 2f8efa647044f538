import { appendFile, mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { markingOf } from '../shadow/copying/provenance.js';
import { seesShadow } from '../shadow/rungs.js';
import type { BucketRecord } from '../state/buckets.js';
import type { Kv } from '../state/kv.js';
import type { Finding, Pass } from '../state/passes/pass-record.js';
import { Passes } from '../state/passes/passes.js';
import { createVerifier } from '../sweep/compare/verify.js';
import type { Delivery } from '../sweep/delivery/delivery.js';
import { readLimits } from '../sweep/pace/limits.js';
import { createPacer } from '../sweep/pace/pacer.js';
import { copyWork } from '../sweep/passes/copy-work.js';
import { driftWork } from '../sweep/passes/drift-work.js';
import { Engine, type PassBucket } from '../sweep/passes/engine.js';
import { verifyWork } from '../sweep/passes/verify-work.js';
import { planPass } from '../sweep/plan/plan-pass.js';
import { splitRange } from '../sweep/plan/split-range.js';
import { rowsOf } from '../sweep/rows.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import type { BucketRoutes } from './bucket-routes.js';
import { findMoving, followMoving } from './find-moving.js';

export interface PassEngineOptions {
  readonly routes: BucketRoutes;
  readonly kv: Kv;
  readonly delivery: Delivery;
  /** Where findings go for which the state has no room. */
  readonly folder: string;
  /** Of this process, among all that work on passes. */
  readonly id: string;
  /** Requests of clients that are under way in this process. */
  readonly clientRequests: () => number;
  readonly clock: Clock;
  readonly log: Logger;
}

type ShadowSettings = NonNullable<BucketRecord['shadow']>;

/** Begins to work on passes over the buckets that this gateway serves, beside all others. */
export function startPassEngine(options: PassEngineOptions): Engine {
  const { routes, kv, delivery, folder, id, clientRequests, clock, log } = options;

  /** Undefined until clients see the shadow's objects: what is deleted before leaves its tombstone, and is not copied. */
  async function open(pass: Pass): Promise<PassBucket | undefined> {
    const { bucket, bucketId } = pass;
    const record = (await routes.find(bucket))?.record;
    if (record?.id !== bucketId || record.shadow === null || !seesShadow(record.shadow)) return undefined;
    return openBucket(pass, record.shadow);
  }

  /** It asks for the route anew each time, so that a pass goes on when the settings of its bucket change. */
  function openBucket({ bucket: name, kind, settings }: Pass, shadow: ShadowSettings): PassBucket {
    const { targetPrefix: prefix } = shadow;
    const marking = markingOf(shadow);
    const now = () => findMoving(routes, name);
    const pacer = createPacer({ clock, clientRequests });
    pacer.setLimits(readLimits(settings.limits), 1);
    const { through, run: paced } = pacer;
    const followed = followMoving(routes, name, prefix);
    const moving = {
      ...followed,
      target: through.target(followed.target),
      shadow: through.shadow(followed.shadow),
    };
    const closed = new AbortController();
    const judgeBoth = driftWork({
      target: moving.target,
      ...marking,
      onDrift: settings.onDrift,
      replace: async (key, etag, signal) => (await now()).replaceCopy(key, etag, signal),
      paced,
      clock,
    });
    const work = () =>
      kind === 'sweep'
        ? copyWork({
            migrate: async (key, hints) => (await now()).migrate(key, hints),
            paced,
            through,
            judgeBoth,
            clock,
            log,
          })
        : verifyWork({
            verify: createVerifier({
              ...moving,
              ...marking,
              writeThrough: shadow.writeThrough,
              level: settings.level,
              signal: closed.signal,
              clock,
            }),
            sample: settings.sample,
            paced,
          });
    return {
      rows: (range, signal) => rowsOf(moving, range, signal),
      plan: (signal) => planPass(moving.shadow, { prefix, signal }),
      split: (range, rangeObjects, signal) =>
        splitRange(moving.shadow, range, { prefix, rangeObjects, signal }),
      work: work(),
      setPace: (limits, share) => pacer.setLimits(readLimits(limits), share),
      waits: () => pacer.state.waits,
      close() {
        closed.abort();
        pacer.close();
      },
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

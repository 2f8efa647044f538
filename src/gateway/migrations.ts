import { markingOf } from '../shadow/copying/provenance.js';
import type { BucketRecord } from '../state/buckets.js';
import { CopyCounts } from '../state/copy-counts.js';
import type { Kv } from '../state/kv.js';
import type { Ledger } from '../state/ledger.js';
import { Passes } from '../state/passes/passes.js';
import { alignStores } from '../sweep/align.js';
import { judgeDrift } from '../sweep/compare/drift.js';
import { PassControl } from '../sweep/passes/control.js';
import { progressOf } from '../sweep/passes/progress.js';
import type { Row } from '../sweep/row.js';
import { survey } from '../sweep/survey.js';
import type { Clock } from '../system/clock.js';
import type { Migrations } from './admin/dependencies.js';
import type { BucketRoutes } from './bucket-routes.js';
import { bySweep } from './by-sweep.js';
import { findMoving } from './find-moving.js';

export interface MigrationsOptions {
  readonly routes: Pick<BucketRoutes, 'find'>;
  readonly kv: Kv;
  readonly clock: Clock;
}

/** What the admin API shows of migrations and asks of them: how far they are, and the passes over their buckets. */
export function createMigrations({ routes, kv, clock }: MigrationsOptions): Migrations {
  const passes = new Passes(kv, clock);
  const copiedByReads = new CopyCounts(kv);

  async function known(bucket: BucketRecord, { ledger }: { readonly ledger: Ledger }) {
    const pass = await passes.get(bucket.id, 'sweep');
    return {
      sweep: pass && (await progressOf(pass, passes, clock)),
      copiedByReads: await copiedByReads.read(bucket.id, bucket.shadow?.since ?? ''),
      repairs: await ledger.repairs(),
      tombstones: await countTombstones(ledger),
    };
  }

  return {
    passes: new PassControl(passes, clock),
    async status(bucket, { deadlineMs, drift }) {
      const moving = await findMoving(routes, bucket.name);
      const { target } = moving;
      const marking = bucket.shadow && markingOf(bucket.shadow);
      const isDrifted = async (row: Row, signal: AbortSignal) =>
        marking !== null && (await judgeDrift(row, { target, ...marking, signal })).verdict === 'drifted';
      const counted = await survey(moving, { deadlineMs, clock, ...(drift && { isDrifted }) });
      return { ...counted, ...(await known(bucket, moving)) };
    },
    async overview(bucket, deadlineMs) {
      const moving = await findMoving(routes, bucket.name);
      const told = await known(bucket, moving);
      const counted =
        bySweep(told.sweep, bucket.shadow?.since) ?? (await survey(moving, { deadlineMs, clock }));
      return { ...counted, ...told };
    },
    async align({ name }, deadlineMs) {
      const late = new AbortController();
      const timer = clock.after(deadlineMs, () => late.abort());
      try {
        return await alignStores(await findMoving(routes, name), late.signal);
      } finally {
        timer.cancel();
      }
    },
    pass: ({ id }, kind) => passes.get(id, kind),
    async progress({ id }, kind) {
      const pass = await passes.get(id, kind);
      return pass && progressOf(pass, passes, clock);
    },
    async *findings({ id }, kind, after) {
      const pass = await passes.get(id, kind);
      if (pass) yield* passes.findings(pass, after);
    },
    async forget({ id }) {
      await passes.forget(id);
      await copiedByReads.forget(id);
    },
  };
}

async function countTombstones(ledger: Ledger): Promise<number> {
  let tombstones = 0;
  for await (const [, { tombstone }] of ledger.records()) if (tombstone) tombstones += 1;
  return tombstones;
}

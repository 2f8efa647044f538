import { pino } from 'pino';
import { expect, onTestFinished } from 'vitest';
import { atBucket } from '../../../src/filters/at-bucket.js';
import { type Kv, KvUnavailable } from '../../../src/state/kv.js';
import type { Finding, Pass, PassSettings } from '../../../src/state/passes/pass-record.js';
import { Passes } from '../../../src/state/passes/passes.js';
import type { Delivery } from '../../../src/sweep/delivery/delivery.js';
import { deliverInProcess } from '../../../src/sweep/delivery/in-process.js';
import { PassControl } from '../../../src/sweep/passes/control.js';
import { type CopyWorkOptions, copyWork } from '../../../src/sweep/passes/copy-work.js';
import { Engine, type PassBucket } from '../../../src/sweep/passes/engine.js';
import type { PassPlan } from '../../../src/sweep/passes/planner.js';
import { type Progress, progressOf } from '../../../src/sweep/passes/progress.js';
import type { KeyRange } from '../../../src/sweep/row.js';
import { type MovingBucket, rowsOf } from '../../../src/sweep/rows.js';
import { type Clock, systemClock } from '../../../src/system/clock.js';
import type { Moving } from '../../shadow/moving.js';
import { temporaryKv } from '../../state/temporary-kv.js';
import { beforeEachCall } from '../../support/before-each-call.js';

export const BUCKET = { id: 'id-1', name: 'photos' };

export const log = pino({ level: 'silent' });

/** The two stores as a pass is given them. */
export const sidesOf = ({ stores, ledger }: Moving, prefix = ''): MovingBucket => ({
  target: atBucket('new')(stores.target),
  shadow: atBucket('old')(stores.shadow),
  ledger,
  prefix,
});

export interface EngineParts {
  readonly sides?: MovingBucket;
  readonly migrate?: Moving['bucket']['migrate'];
  /** Where the ranges of the plan end; one range unless given. */
  readonly cuts?: readonly string[];
  readonly opened?: (pass: Pass) => void;
  readonly judgeBoth?: CopyWorkOptions['judgeBoth'];
  readonly split?: PassBucket['split'];
  readonly planned?: number;
  readonly delivery?: Delivery;
}

export interface Worker {
  close(): Promise<void>;
  /** From now on nothing that it does gets anywhere. */
  die(): void;
}

/** Passes over one bucket, and engines that work on them. */
export interface Sweeping {
  readonly passes: Passes;
  readonly control: PassControl;
  readonly spilled: Finding[];
  /** Starts one more process that works on passes. */
  work(parts?: EngineParts): Worker;
  /** Lets the leases end of those that died. */
  lapse(): void;
  start(settings?: Partial<PassSettings>): Promise<Pass>;
  progress(): Promise<Progress>;
  /** Resolves when the sweep is in that state. */
  until(state: Pass['state']): Promise<Progress>;
  findings(): Promise<Finding[]>;
}

export async function sweeping(moving: Moving, given?: Kv): Promise<Sweeping> {
  const kv = given ?? (await temporaryKv());
  const spilled: Finding[] = [];
  let engines = 0;
  let passed = 0;
  // Rests between attempts, and between looks at the state, take no time.
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now() + passed,
    sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 20), signal),
  };

  const passes = new Passes(kv, clock);
  const control = new PassControl(passes, clock);

  async function progress(): Promise<Progress> {
    const pass = await passes.get(BUCKET.id, 'sweep');
    if (!pass) throw new Error('no sweep was begun');
    return progressOf(pass, passes, clock);
  }

  return {
    passes,
    control,
    spilled,
    work(parts = {}) {
      engines += 1;
      let isDead = false;
      const mortal = beforeEachCall(kv, () => {
        if (isDead) throw new KvUnavailable('dead');
      });
      const engine = new Engine({
        passes: new Passes(mortal, clock),
        delivery: parts.delivery ?? deliverInProcess(log),
        async open(pass) {
          parts.opened?.(pass);
          return openBucket(moving, parts, clock);
        },
        spill: async (_, findings) => {
          spilled.push(...findings);
          return 'here';
        },
        id: `engine-${engines}`,
        clock,
        log,
      });
      engine.start();
      onTestFinished(() => (isDead ? undefined : engine.close()));
      return {
        close: () => engine.close(),
        die() {
          isDead = true;
        },
      };
    },
    lapse() {
      passed += 60_000;
    },
    start: (settings) => control.start(BUCKET, 'sweep', settings),
    progress,
    async until(state) {
      await expect.poll(async () => (await progress()).pass.state, { timeout: 15_000 }).toBe(state);
      return progress();
    },
    async findings() {
      const pass = await passes.get(BUCKET.id, 'sweep');
      const found: Finding[] = [];
      if (pass) for await (const page of passes.findings(pass)) found.push(...page.findings);
      return found;
    },
  };
}

function openBucket(moving: Moving, parts: EngineParts, clock: Clock): PassBucket {
  const {
    sides = sidesOf(moving),
    migrate = moving.bucket.migrate,
    split = async (range) => [range],
    judgeBoth = ({ key, source }) => ({ key, outcome: 'present', bytes: source?.size ?? 0 }),
  } = parts;
  return {
    rows: (range, signal) => rowsOf(sides, range, signal),
    plan: async () => planOf(parts),
    split,
    work: copyWork({
      migrate,
      paced: async (work, signal) => {
        signal.throwIfAborted();
        return work();
      },
      judgeBoth,
      clock,
      log,
    }),
    setPace: () => undefined,
    waits: () => undefined,
    close: () => undefined,
  };
}

function planOf({ cuts = [], planned = 0 }: EngineParts): PassPlan {
  const ends = [...cuts, undefined];
  const ranges = ends.map((upTo, index): KeyRange & { objects: number } => ({
    ...(index > 0 && { after: cuts[index - 1] }),
    ...(upTo !== undefined && { upTo }),
    objects: planned,
  }));
  return { ranges, objects: planned * ranges.length, meanBytes: 1, basis: 'told by the test' };
}

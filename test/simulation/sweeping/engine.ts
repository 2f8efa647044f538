import { pino } from 'pino';
import { listStore } from '../../../src/shadow/listing/store-page.js';
import type { ShadowedBucket } from '../../../src/shadow/shadowed.js';
import { type Kv, KvUnavailable } from '../../../src/state/kv.js';
import { deliverInProcess } from '../../../src/sweep/delivery/in-process.js';
import { PassControl } from '../../../src/sweep/passes/control.js';
import { Engine, type PassBucket } from '../../../src/sweep/passes/engine.js';
import type { PassPlan } from '../../../src/sweep/passes/planner.js';
import { type MovingBucket, rowsOf } from '../../../src/sweep/rows.js';
import type { Clock } from '../../../src/system/clock.js';
import type { Shared } from '../gateway.js';
import type { Random } from '../random.js';
import type { Rules } from '../rules.js';

/** One gateway, as its engine works on it. */
interface Process {
  readonly id: string;
  readonly sides: MovingBucket;
  readonly migrate: ShadowedBucket['migrate'];
  readonly state: Kv;
  readonly clock: Clock;
}

const log = pino({ level: 'silent' });

/** Begins to work on sweeps in one gateway. Resolves to what an operator reaches of it. */
export function startEngine(process: Process, { rules, weather, monitor }: Shared): PassControl {
  const { id, state, clock } = process;
  const passes = rules.passes(state, clock);
  const delivery = deliverInProcess({
    error({ err }: { err?: unknown }) {
      if (!(err instanceof KvUnavailable)) monitor.note(`a range could not be worked on: ${err}`);
    },
  });
  const open = async () => openBucket(process, rules, weather.random);
  new Engine({ passes, delivery, open, spill: async () => 'nowhere', id, clock, log }).start();
  return new PassControl(passes, clock);
}

function openBucket({ sides, migrate, clock }: Process, rules: Rules, random: Random): PassBucket {
  return {
    rows: (range, signal) => rowsOf(sides, range, signal),
    plan: (signal) => plan(sides, random, signal),
    split: async (range) => [range],
    work: rules.copyWork({
      migrate,
      async paced(work, signal) {
        signal.throwIfAborted();
        return work();
      },
      judgeBoth: ({ key }) => ({ key, outcome: 'present', bytes: 0 }),
      clock,
      log,
    }),
    setPace: () => undefined,
    waits: () => undefined,
    close: () => undefined,
  };
}

/** Cuts anywhere: two who plan one after the other need not cut alike. */
async function plan({ shadow }: MovingBucket, random: Random, signal: AbortSignal): Promise<PassPlan> {
  const cuts: string[] = [];
  for await (const { key } of listStore(shadow, signal)) if (random.chance(0.4)) cuts.push(key);
  const ranges = [...cuts, undefined].map((upTo, index) => ({ after: cuts[index - 1], upTo, objects: 1 }));
  return { ranges, objects: ranges.length, meanBytes: 1, basis: 'simulated' };
}

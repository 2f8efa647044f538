import type { Kv, KvEntry } from '../../../src/state/kv.js';
import { type Range, rangeSchema } from '../../../src/state/passes/pass-record.js';
import { type FinishedRange, type HeldRange, Passes } from '../../../src/state/passes/passes.js';
import { copyWork } from '../../../src/sweep/passes/copy-work.js';
import { REAL_RULES, type Rules } from '../rules.js';
import { CALM, type Scenario } from '../scenario.js';
import type { Mutants } from './mutant.js';

const SWEPT: Partial<Scenario> = { sweeps: 4, rung: 'read-through' };

const withPasses = (Mutated: typeof Passes): Rules => ({
  ...REAL_RULES,
  passes: (kv, clock) => new Mutated(kv, clock),
});

/** Whoever goes on with a range goes on behind keys whose copies have not ended. */
class ForgetsOpenKeys extends Passes {
  override save(
    held: HeldRange,
    range: Range,
    ...pages: Parameters<Passes['save']> extends [unknown, unknown, ...infer P] ? P : never
  ): ReturnType<Passes['save']> {
    return super.save(held, { ...range, open: [] }, ...pages);
  }
}

/** A range is anybody's, whoever has it, and what each of them has come to is stored. */
const shared = (kv: Kv): Kv => ({
  ...kv,
  get: async (key: string) => unowned(await kv.get(key)),
  list: async (range) => (await kv.list(range)).map((entry) => unowned(entry)),
  commit: ({ checks = [], ...rest }) =>
    kv.commit({ ...rest, checks: checks.filter(({ key }) => !key.startsWith('range/')) }),
});

function unowned<T extends KvEntry | null>(entry: T): T {
  if (!entry?.key.startsWith('range/')) return entry;
  const range: Range = rangeSchema.parse(JSON.parse(entry.value));
  return { ...entry, value: JSON.stringify({ ...range, owner: undefined }) };
}

/** The ranges of a plan are stored whoever is to make it by then. */
class PlansUnasked extends Passes {
  override async plan(...[pass, ranges, next]: Parameters<Passes['plan']>): Promise<boolean> {
    await this.addRanges(pass, ranges);
    return super.change(pass.bucketId, pass.kind, next).then((now) => now?.run === pass.run);
  }
}

/** What an operator has stopped or paused is done, and so another pass follows. */
class EndsUnasked extends Passes {
  override async finish(held: HeldRange, range: Range, finished: FinishedRange): Promise<boolean> {
    const isFinished = await super.finish(held, range, finished);
    const { bucketId, kind } = held.ref;
    if (isFinished)
      await this.change(bucketId, kind, (pass) =>
        pass?.plan.isComplete && pass.finished >= pass.plan.ranges ? { ...pass, state: 'done' } : undefined,
      );
    return isFinished;
  }
}

export const SWEEPS: Mutants = {
  'takes a range for gone through up to keys whose copies have not ended': {
    rules: withPasses(ForgetsOpenKeys),
    // Copies that fail rest before they are tried again.
    where: { ...SWEPT, keys: 5, clients: 1, deeds: ['list'], troubles: { ...CALM, kills: 3, requests: 12 } },
  },
  'takes a range over from somebody who is at work on it': {
    rules: { ...REAL_RULES, passes: (kv, clock) => new Passes(shared(kv), clock) },
    where: SWEPT,
  },
  'takes a key that a client is writing for copied': {
    rules: {
      ...REAL_RULES,
      copyWork: ({ migrate, ...parts }) =>
        copyWork({
          ...parts,
          async migrate(key, options) {
            const outcome = await migrate(key, options);
            return outcome.state === 'superseded' ? { state: 'present' } : outcome;
          },
        }),
    },
    // Those who die in the middle of a write bar its key for a while.
    where: { ...SWEPT, rung: 'exclusive', deeds: ['put'] },
  },
  'plans beside another who has taken the plan over': { rules: withPasses(PlansUnasked), where: SWEPT },
  'ends a sweep that was stopped, so that another follows': { rules: withPasses(EndsUnasked), where: SWEPT },
};

import type { Rules } from './rules.js';
import { type Scenario, scenarioOf, steadyScenarioOf, sweptScenarioOf } from './scenario.js';
import { simulate, type Violation } from './simulate.js';
import { type Counts, Tally } from './tally.js';

export interface Outcome {
  readonly schedules: number;
  readonly violation?: Violation;
  readonly counts: Counts;
}

interface Many {
  readonly rules: Rules;
  readonly firstSeed: number;
  readonly schedules: number;
  /** What all scenarios have in common, else steady ones, or swept where that is told; without it they are of all kinds. */
  readonly where?: Partial<Scenario> | undefined;
}

/** Runs one schedule after the other until one violates the rules. */
export async function simulateMany({ rules, firstSeed, schedules, where }: Many): Promise<Outcome> {
  const tally = new Tally();
  const { counts } = tally;
  for (let run = 0; run < schedules; run += 1) {
    const scenario = where ? scenarioWhere(where, firstSeed + run) : scenarioOf(firstSeed + run);
    const result = await simulate(scenario, rules);
    tally.addAll(result.counts);
    for (const mode of modes(scenario)) tally.count('mode', mode);
    if (result.violation) return { schedules: run + 1, violation: result.violation, counts };
  }
  return { schedules, counts };
}

const scenarioWhere = (where: Partial<Scenario>, seed: number): Scenario => ({
  ...(where.sweeps ? sweptScenarioOf(seed) : steadyScenarioOf(seed)),
  ...where,
});

const modes = ({ rung, delete: deletes, conditional }: Scenario): string[] => [
  rung,
  deletes === 'both' ? 'shadow deletes' : 'shadow keeps',
  conditional.complete ? 'conditional parts' : conditional.put ? 'conditional puts' : 'nothing conditional',
];

import type { Rules } from './rules.js';
import { type Scenario, scenarioOf } from './scenario.js';
import { simulate, type Violation } from './simulate.js';

export interface Tally {
  readonly schedules: number;
  readonly violation?: Violation;
  /** How often each operation, each trouble and each mode occurred. */
  readonly counts: Readonly<Record<string, number>>;
}

interface Many {
  readonly rules: Rules;
  readonly firstSeed: number;
  readonly schedules: number;
  /** What all scenarios have in common. */
  readonly where?: Partial<Scenario> | undefined;
}

/** Runs one schedule after the other until one violates the rules. */
export async function simulateMany({ rules, firstSeed, schedules, where }: Many): Promise<Tally> {
  const counts: Record<string, number> = {};
  for (let run = 0; run < schedules; run += 1) {
    const scenario = { ...scenarioOf(firstSeed + run), ...where };
    const result = await simulate(scenario, rules);
    for (const [name, count] of [...Object.entries(result.counts), ...modes(scenario)]) {
      counts[name] = (counts[name] ?? 0) + count;
    }
    if (result.violation) return { schedules: run + 1, violation: result.violation, counts };
  }
  return { schedules, counts };
}

const modes = ({ writeThrough, delete: deletes, conditional }: Scenario): [string, number][] => [
  [writeThrough ? 'write-through' : 'read-through', 1],
  [deletes === 'both' ? 'shadow deletes' : 'shadow keeps', 1],
  [
    conditional.complete ? 'conditional parts' : conditional.put ? 'conditional puts' : 'nothing conditional',
    1,
  ],
];

import type { Rules } from './rules.js';
import type { Scenario, Troubles } from './scenario.js';
import { simulate, type Violation } from './simulate.js';

/** Seeds that are tried for each smaller scenario: with fewer events every schedule is another one. */
const ATTEMPTS = 200;

/** The smallest scenario found in which the rules are still violated: nothing in it can be left out, one at a time. */
export async function shrink(violation: Violation, rules: Rules): Promise<Violation> {
  for (const smaller of smallerThan(violation.scenario)) {
    const found = await findViolation(smaller, rules);
    if (found) return shrink(found, rules);
  }
  return violation;
}

async function findViolation(scenario: Scenario, rules: Rules): Promise<Violation | undefined> {
  for (let seed = scenario.seed; seed < scenario.seed + ATTEMPTS; seed += 1) {
    const { violation } = await simulate({ ...scenario, seed }, rules);
    if (violation) return violation;
  }
  return undefined;
}

function* smallerThan(scenario: Scenario): Generator<Scenario> {
  for (const trouble of Object.keys(scenario.troubles) as (keyof Troubles)[]) {
    const left = scenario.troubles[trouble];
    if (left > 0) yield { ...scenario, troubles: { ...scenario.troubles, [trouble]: left - 1 } };
  }
  for (const size of ['keys', 'clients', 'operations'] as const) {
    if (scenario[size] > 1) yield { ...scenario, [size]: scenario[size] - 1 };
  }
}

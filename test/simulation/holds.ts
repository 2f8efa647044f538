import { expect, it } from 'vitest';
import { expectedOn, neverIn } from './coverage.js';
import { simulateMany } from './many.js';
import { REAL_RULES } from './rules.js';
import type { Scenario } from './scenario.js';
import { describeViolation } from './simulate.js';

/** The claim, for one way to set a shadow: a test of its own, so that they run side by side. */
export function claimHoldsOn(rung: Scenario['rung'], schedules: number): void {
  it(`what clients see through any number of gateways, some of them dying, is what one bucket would show: ${rung}`, async () => {
    const { violation, counts } = await simulateMany({
      rules: REAL_RULES,
      firstSeed: 1,
      schedules,
      where: { rung },
    });
    expect(violation && describeViolation(violation)).toBeUndefined();
    expect(neverIn(counts, expectedOn(rung))).toEqual([]);
  }, 600_000);
}

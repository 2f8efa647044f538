import { expect, it } from 'vitest';
import { neverIn } from './coverage.js';
import { simulateMany } from './many.js';
import { REAL_RULES } from './rules.js';
import type { Scenario } from './scenario.js';
import { describeViolation } from './simulate.js';

interface Claim {
  readonly schedules: number;
  readonly where: Partial<Scenario>;
  /** What the runs have to exercise. */
  readonly expected: readonly string[];
}

/** The claim, for one way to set a shadow: a test of its own, so that they run side by side. */
export function claimHolds(circumstances: string, { schedules, where, expected }: Claim): void {
  it(`what clients see through any number of gateways, some of them dying, is what one bucket would show: ${circumstances}`, async () => {
    const { violation, counts } = await simulateMany({ rules: REAL_RULES, firstSeed: 1, schedules, where });
    expect(violation && describeViolation(violation)).toBeUndefined();
    expect(neverIn(counts, expected)).toEqual([]);
  }, 600_000);
}

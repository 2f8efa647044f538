import { expect, it } from 'vitest';
import { simulateMany } from './many.js';
import { REAL_RULES } from './rules.js';
import type { Scenario } from './scenario.js';
import { describeViolation } from './simulate.js';

const WHERE: Partial<Scenario> = {
  rung: 'read-through',
  keys: 1,
  deeds: ['get', 'put-if-match', 'delete', 'delete-if-match'],
};

it('of conditional writes and deletes that ask for the same object only one finds it', async () => {
  const { violation } = await simulateMany({ rules: REAL_RULES, firstSeed: 1, schedules: 500, where: WHERE });
  expect(violation && describeViolation(violation)).toBeUndefined();
}, 60_000);

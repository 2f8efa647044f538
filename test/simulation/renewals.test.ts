import { expect, it } from 'vitest';
import { neverIn } from './coverage.js';
import { simulateMany } from './many.js';
import { REAL_RULES } from './rules.js';
import type { Scenario } from './scenario.js';
import { describeViolation } from './simulate.js';

const DRIFTED: Partial<Scenario> = {
  drifted: true,
  keys: 1,
  deeds: [
    'renew',
    'renew',
    'get',
    'head',
    'list',
    'put',
    'put-if-match',
    'put in parts',
    'delete',
    'sweep',
    'rest',
  ],
};

it.each(['read-through', 'exclusive'] as const)(
  'a source that wins over its copy loses no write and brings no object back, on %s',
  async (rung) => {
    const where = { ...DRIFTED, rung };
    const { violation, counts } = await simulateMany({
      rules: REAL_RULES,
      firstSeed: 1,
      schedules: 700,
      where,
    });
    expect(violation && describeViolation(violation)).toBeUndefined();
    const outcomes = ['replaced', 'kept', 'failed'].map((state) => `rule: a copy was ${state}`);
    expect(neverIn(counts, outcomes)).toEqual([]);
  },
  300_000,
);

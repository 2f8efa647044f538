import { describe, expect, it } from 'vitest';
import { simulateMany } from './many.js';
import { MUTANTS } from './mutants.js';
import { REAL_RULES } from './rules.js';
import { scenarioOf } from './scenario.js';
import { describeViolation, simulate } from './simulate.js';

const SCHEDULES = 2_000;

/** Within this many schedules every mutant has to be found. */
const MUTANT_SCHEDULES = 3_000;

/** What the runs must have exercised, or they prove nothing. */
const EXERCISED = [
  ...[
    'get',
    'head',
    'range',
    'list',
    'sweep',
    'put',
    'put-if-absent',
    'put-if-match',
    'put in parts',
    'copy',
  ],
  ...[
    'delete',
    'delete-if-match',
    'delete all',
    'kill',
    'outage',
    'lost call',
    'lost result',
    'client leaves',
  ],
  ...['refused', 'lost request', 'lost answer', 'upload breaks off'],
  ...['answer breaks off', 'answer too short', 'answer too long'],
  ...['write-through', 'read-through', 'shadow deletes', 'shadow keeps'],
  ...['conditional parts', 'conditional puts', 'nothing conditional'],
];

it('what clients see through any number of gateways, some of them dying, is what one bucket would show', async () => {
  const { violation, counts } = await simulateMany({
    rules: REAL_RULES,
    firstSeed: 1,
    schedules: SCHEDULES,
  });
  expect(violation && describeViolation(violation)).toBeUndefined();
  expect(EXERCISED.filter((name) => (counts[name] ?? 0) < SCHEDULES / 100)).toEqual([]);
}, 120_000);

it('of conditional writes and deletes that ask for the same object only one finds it', async () => {
  const where = { writeThrough: false, keys: 1, deeds: ['get', 'put-if-match', 'delete', 'delete-if-match'] };
  const { violation } = await simulateMany({ rules: REAL_RULES, firstSeed: 1, schedules: 500, where });
  expect(violation && describeViolation(violation)).toBeUndefined();
}, 60_000);

it('the same seed gives the same run', async () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    expect((await simulate(scenarioOf(seed))).history).toEqual((await simulate(scenarioOf(seed))).history);
  }
});

describe('a protocol with one rule broken is found out, one that', () => {
  it.each(Object.entries(MUTANTS))(
    '%s',
    async (_, { rules, where }) => {
      const { violation } = await simulateMany({ rules, where, firstSeed: 1, schedules: MUTANT_SCHEDULES });
      expect(violation, `not found in ${MUTANT_SCHEDULES} schedules`).toBeDefined();
    },
    60_000,
  );
});

import { describe, expect, it } from 'vitest';
import { simulateMany } from './many.js';
import { MUTANTS } from './mutants/mutants.js';

/** Within this many schedules every mutant has to be found. */
const SCHEDULES = 10_000;

describe('a protocol with one rule broken is found out, one that', () => {
  it.each(Object.entries(MUTANTS))(
    '%s',
    async (_, { rules, where = {} }) => {
      const { violation } = await simulateMany({
        rules,
        where,
        firstSeed: 1,
        schedules: SCHEDULES,
      });
      expect(violation, `not found in ${SCHEDULES} schedules`).toBeDefined();
    },
    600_000,
  );
});

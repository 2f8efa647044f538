import { EXPECTED_OF_SWITCHES } from '../coverage.js';
import { claimHolds } from '../holds.js';
import { FIRST_RUNGS } from '../scenario.js';

for (const rung of FIRST_RUNGS) {
  claimHolds(`an operator switches a shadow meanwhile, from ${rung} on`, {
    schedules: 700,
    where: { rung, switches: 4 },
    // Whoever begins without a shadow goes through all.
    expected: rung === 'none' ? EXPECTED_OF_SWITCHES : [],
  });
}

import { EXPECTED_OF_SWEEPS } from '../coverage.js';
import { claimHolds } from '../holds.js';
import { STEADY_RUNGS } from '../scenario.js';

for (const rung of STEADY_RUNGS)
  claimHolds(`sweeps bring all to the target meanwhile, ${rung}`, {
    schedules: 300,
    where: { rung, sweeps: 4 },
    expected: EXPECTED_OF_SWEEPS,
  });

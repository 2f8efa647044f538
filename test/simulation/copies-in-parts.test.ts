import { claimHolds } from './holds.js';
import { STEADY_RUNGS } from './scenario.js';

const TROUBLES = ['kill', 'refused', 'lost request', 'lost answer', 'answer breaks off'];
const RULES = ['copy gone on with', 'copy voided', 'copy superseded', 'copy committed'];

for (const rung of STEADY_RUNGS)
  claimHolds(`copies in parts that others go on with, ${rung}`, {
    schedules: 600,
    where: {
      rung,
      conditional: { put: true, complete: true, match: true },
      deeds: ['sweep', 'sweep', 'sweep', 'get', 'delete'],
      keys: 2,
      clients: 3,
      operations: 4,
      troubles: {
        ...{ kills: 2, requests: 4, bodies: 1, stalls: 1, departures: 0 },
        ...{ calls: 0, outages: 0, cuts: 0, lags: 2 },
      },
    },
    expected: [...TROUBLES.map((name) => `fault: ${name}`), ...RULES.map((name) => `rule: ${name}`)],
  });

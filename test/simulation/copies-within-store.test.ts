import { claimHolds } from './holds.js';
import { STEADY_RUNGS } from './scenario.js';

const TROUBLES = ['kill', 'lost answer', 'given up on'];
const RULES = ['the target was asked to copy by itself', 'copy voided', 'copy committed', 'key waited for'];

for (const rung of STEADY_RUNGS)
  claimHolds(`copies that a store makes by itself, ${rung}`, {
    schedules: 600,
    where: {
      rung,
      isOneStore: true,
      conditional: {
        put: true,
        complete: false,
        match: rung === 'read-through',
        copy: rung === 'read-through',
      },
      deeds: ['sweep', 'sweep', 'get', 'put', 'delete', 'list'],
      keys: 1,
      clients: 3,
      operations: 4,
      troubles: {
        ...{ kills: 1, requests: 3, bodies: 0, stalls: 0, departures: 0 },
        ...{ calls: 0, outages: 0, cuts: 0, lags: 2 },
      },
    },
    expected: [...TROUBLES.map((name) => `fault: ${name}`), ...RULES.map((name) => `rule: ${name}`)],
  });

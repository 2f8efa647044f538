import { expectedOn } from './coverage.js';
import { claimHolds } from './holds.js';

claimHolds('exclusive', {
  schedules: 4_000,
  where: { rung: 'exclusive' },
  expected: expectedOn('exclusive'),
});

import { expectedOn } from './coverage.js';
import { claimHolds } from './holds.js';

claimHolds('read-through', {
  schedules: 8_000,
  where: { rung: 'read-through' },
  expected: expectedOn('read-through'),
});

import { expectedOn } from './coverage.js';
import { claimHolds } from './holds.js';

claimHolds('write-through', {
  schedules: 8_000,
  where: { rung: 'write-through' },
  expected: expectedOn('write-through'),
});

import { COPIES } from './copies.js';
import { INTENTS } from './intents.js';
import { LISTINGS } from './listings.js';
import type { Mutants } from './mutant.js';
import { READS } from './reads.js';
import { RECOVERY } from './recovery.js';
import { RENEWALS } from './renewals.js';
import { SWEEPS } from './sweeps.js';
import { SWITCHING } from './switching.js';
import { TOMBSTONES } from './tombstones.js';
import { UPLOADS } from './uploads.js';
import { WRITES } from './writes.js';

/** Protocols that each leave out one rule or break it, by what they do wrong. */
export const MUTANTS: Mutants = {
  ...COPIES,
  ...TOMBSTONES,
  ...INTENTS,
  ...READS,
  ...LISTINGS,
  ...WRITES,
  ...RECOVERY,
  ...UPLOADS,
  ...SWITCHING,
  ...RENEWALS,
  ...SWEEPS,
};

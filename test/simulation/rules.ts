import { createShadowed } from '../../src/shadow/shadowed.js';
import type { Kv } from '../../src/state/kv.js';
import { Ledger } from '../../src/state/ledger.js';
import type { Clock } from '../../src/system/clock.js';

/** The rules under test; a mutant replaces one. */
export interface Rules {
  readonly ledger: (kv: Kv, clock: Clock) => Ledger;
  readonly shadowed: typeof createShadowed;
}

export const REAL_RULES: Rules = {
  ledger: (kv, clock) => new Ledger(kv, 'b', clock),
  shadowed: createShadowed,
};

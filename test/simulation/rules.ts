import { openRoute } from '../../src/gateway/bucket-route.js';
import type { GatewayLease } from '../../src/gateway/switching/lease.js';
import type { Tenure } from '../../src/gateway/switching/tenure.js';
import { createShadowed } from '../../src/shadow/shadowed.js';
import type { Kv } from '../../src/state/kv.js';
import { Ledger } from '../../src/state/ledger.js';
import { Passes } from '../../src/state/passes/passes.js';
import { copyWork } from '../../src/sweep/passes/copy-work.js';
import type { Clock } from '../../src/system/clock.js';

/** The rules under test; a mutant replaces one. */
export interface Rules {
  readonly ledger: (kv: Kv, clock: Clock) => Ledger;
  readonly shadowed: typeof createShadowed;
  /** Of gateways that follow switches. */
  readonly openRoute: typeof openRoute;
  /** How such a gateway sees the state. */
  readonly state: (kv: Kv) => Kv;
  /** For how long such a gateway goes by what it knows. */
  readonly tenure: (tenure: Tenure) => Tenure;
  /** How those who work on sweeps keep them, and what they do about a key. */
  readonly passes: (kv: Kv, clock: Clock) => Passes;
  readonly copyWork: typeof copyWork;
  /** Whether it may answer what the target has, out of touch with the state. */
  readonly mayRead: (lease: Pick<GatewayLease, 'mayRead'>) => boolean;
}

export type LedgerParts = ConstructorParameters<typeof Ledger>;

/** Long enough for a writer that lives; waiting for a dead one only costs events. */
const WAIT_MS = 1_000;

/** As long as clients that come back may need, and no longer: then recovery aborts what nobody went on with. */
const RESUME_MS = 60_000;

export const partsOf = (kv: Kv, clock: Clock): LedgerParts => [
  kv,
  'b',
  clock,
  { waitMs: WAIT_MS, resumeMs: RESUME_MS },
];

export const REAL_RULES: Rules = {
  ledger: (kv, clock) => new Ledger(...partsOf(kv, clock)),
  shadowed: createShadowed,
  openRoute,
  state: (kv) => kv,
  tenure: (tenure) => tenure,
  passes: (kv, clock) => new Passes(kv, clock),
  copyWork,
  mayRead: (lease) => lease.mayRead(),
};

import type { Rung } from '../../src/state/rung.js';
import type { DeedName } from './client/deeds.js';
import { Random } from './random.js';

/** Those on which clients see both stores. */
export const SIMULATED_RUNGS = ['read-through', 'exclusive', 'write-through'] as const satisfies Rung[];

/** What a run is made of; all the rest follows from the seed. */
export interface Scenario {
  readonly seed: number;
  readonly rung: (typeof SIMULATED_RUNGS)[number];
  readonly delete: 'both' | 'target';
  /** Where the target honours If-None-Match. */
  readonly conditional: { readonly put: boolean; readonly complete: boolean; readonly match: boolean };
  readonly keys: number;
  readonly clients: number;
  /** Of each client, one after the other. */
  readonly operations: number;
  /** What they do, by name; everything that there is unless told. */
  readonly deeds?: readonly DeedName[];
  readonly troubles: Troubles;
}

/** How often each kind of trouble may strike in one run. */
export interface Troubles {
  /** Gateways that die. */
  readonly kills: number;
  /** Requests to stores that are refused, or that they or their answers get lost. */
  readonly requests: number;
  /** Bodies that break off, or are shorter or longer than announced. */
  readonly bodies: number;
  /** Calls of the state that fail before or after they applied. */
  readonly calls: number;
  /** Times in which no gateway reaches the state. */
  readonly outages: number;
  /** Clients that leave before they have their answer. */
  readonly departures: number;
  /** Gateways that stand still until all that they hold has run out, and go on. */
  readonly stalls: number;
}

export const CALM: Troubles = {
  kills: 0,
  requests: 0,
  bodies: 0,
  calls: 0,
  outages: 0,
  departures: 0,
  stalls: 0,
};

/** The scenario that a seed stands for. */
export function scenarioOf(seed: number): Scenario {
  const random = new Random(seed ^ 0x5eed);
  const put = random.chance(0.7);
  return {
    seed,
    rung: random.pick(['read-through', 'read-through', 'exclusive', 'write-through', 'write-through']),
    delete: random.chance(0.75) ? 'both' : 'target',
    conditional: { put, complete: put && random.chance(0.6), match: put },
    keys: 1 + random.below(2),
    clients: 2 + random.below(3),
    operations: 2 + random.below(3),
    troubles: {
      kills: random.below(3),
      requests: random.below(3),
      bodies: random.below(2),
      calls: random.chance(0.4) ? 1 + random.below(2) : 0,
      outages: random.chance(0.15) ? 1 : 0,
      departures: random.below(2),
      stalls: random.chance(0.2) ? 1 : 0,
    },
  };
}

import type { Rung } from '../../src/state/rung.js';
import type { DeedName } from './client/deeds.js';
import { Random } from './random.js';

/** Those on which clients see both stores, so that there is enough to see while the rung stays. */
export const STEADY_RUNGS = ['read-through', 'exclusive', 'write-through'] as const satisfies Rung[];

/** Where an operator finds a bucket. */
export const FIRST_RUNGS = ['none', 'read-through', 'write-through'] as const satisfies (Rung | 'none')[];

export type Ask = 'write-through on or off' | 'swap' | 'clear' | 'clear by force';

/** What a run is made of; all the rest follows from the seed. */
export interface Scenario {
  readonly seed: number;
  /** Where the shadow stands at the beginning; `none`: there is none yet. */
  readonly rung: (typeof STEADY_RUNGS)[number] | (typeof FIRST_RUNGS)[number];
  /** What an operator asks for meanwhile, one after the other; nothing: the rung stays, and every gateway knows of it. */
  readonly switches: number;
  /** What that is, where there is a shadow; anything unless told. By force: without a look at what would be lost. */
  readonly asks?: readonly Ask[];
  readonly delete: 'both' | 'target';
  /** Where the target honours If-None-Match. */
  readonly conditional: {
    readonly put: boolean;
    readonly complete: boolean;
    readonly match: boolean;
    readonly copy?: boolean;
  };
  /** Whether both sides are buckets of one store, which can copy from one to the other; only where the rung stays. */
  readonly isOneStore?: boolean;
  readonly keys: number;
  readonly clients: number;
  /** Of each client, one after the other. */
  readonly operations: number;
  /** What they do, by name; everything that there is unless told. */
  readonly deeds?: readonly DeedName[];
  /** The target has a copy of each key, and the shadow another object by now: nobody writes that meanwhile. */
  readonly drifted?: boolean;
  /** What an operator asks for of sweeps meanwhile, one after the other; nothing unless told: then nobody works on any. */
  readonly sweeps?: number;
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
  /** Times in which one gateway does not reach the state, for longer than its lease. */
  readonly cuts: number;
  /** Changes of a bucket that a gateway hears of late. */
  readonly lags: number;
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
  cuts: 0,
  lags: 0,
  departures: 0,
  stalls: 0,
};

/** What strikes: a gateway that stands still for longer than its lease must not meet a switch (docs/consistency.md, "Limits"). */
export const troublesOf = ({ switches, troubles }: Scenario): Troubles =>
  switches > 0 ? { ...troubles, stalls: 0 } : { ...troubles, cuts: 0 };

/** One run in so many is one in which an operator switches rungs, and one in which gateways work on sweeps: they take longer than others. */
const SWITCHED = 10;
const SWEPT = 10;

/** The scenario that a seed stands for. */
export function scenarioOf(seed: number): Scenario {
  if (seed % SWITCHED === 0) return switchedScenarioOf(seed);
  return seed % SWEPT === 5 ? sweptScenarioOf(seed) : steadyScenarioOf(seed);
}

/** One in which gateways work on sweeps. */
export function sweptScenarioOf(seed: number): Scenario {
  const random = new Random(seed ^ 0x53e39);
  const steady = steadyScenarioOf(seed);
  const troubles = { ...steady.troubles, kills: random.below(5), requests: random.below(5) };
  return { ...steady, keys: 2 + random.below(4), sweeps: 1 + random.below(5), troubles };
}

function switchedScenarioOf(seed: number): Scenario {
  const random = new Random(seed ^ 0x5817c4);
  return {
    ...steadyScenarioOf(seed),
    rung: random.pick(FIRST_RUNGS),
    switches: 1 + random.below(4),
    isOneStore: false,
  };
}

/** One in which the rung stays. */
export function steadyScenarioOf(seed: number): Scenario {
  const random = new Random(seed ^ 0x5eed);
  const put = random.chance(0.7);
  return {
    seed,
    rung: random.pick(['read-through', 'read-through', 'exclusive', 'write-through', 'write-through']),
    switches: 0,
    delete: random.chance(0.75) ? 'both' : 'target',
    conditional: { put, complete: put && random.chance(0.6), match: put, copy: put },
    keys: 1 + random.below(2),
    clients: 2 + random.below(3),
    operations: 2 + random.below(3),
    troubles: {
      kills: random.below(3),
      requests: random.below(3),
      bodies: random.below(2),
      calls: random.chance(0.4) ? 1 + random.below(2) : 0,
      outages: random.chance(0.15) ? 1 : 0,
      cuts: random.chance(0.3) ? 1 : 0,
      lags: random.below(5),
      departures: random.below(2),
      stalls: random.chance(0.2) ? 1 : 0,
    },
    isOneStore: random.chance(0.25),
  };
}

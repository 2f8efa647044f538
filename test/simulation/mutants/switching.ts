import { openRoute } from '../../../src/gateway/bucket-route.js';
import type { ShadowedRecord } from '../../../src/gateway/connections.js';
import { stepped } from '../../../src/gateway/switching/steps.js';
import type { BucketRecord } from '../../../src/state/buckets.js';
import type { KeyRecord } from '../../../src/state/key-record.js';
import type { Rung } from '../../../src/state/rung.js';
import { REAL_RULES, type Rules } from '../rules.js';
import { CALM, type Scenario } from '../scenario.js';
import { type Mutants, rewriting } from './mutant.js';

type Shadow = ShadowedRecord['shadow'];

const withState = (state: Rules['state']): Rules => ({ ...REAL_RULES, state });

type Skips = (shadow: Shadow) => Rung | 'none' | undefined;

/** Who announces a rung that is left out announces instead the one that `skips` tells. */
const leavingOut = (skips: Skips): Rules =>
  withState((kv) => ({
    ...kv,
    commit: ({ sets = [], ...rest }) =>
      kv.commit({ ...rest, sets: sets.map((set) => stepFurther(set, skips)) }),
  }));

function stepFurther<T extends { readonly key: string; readonly value: string }>(set: T, skips: Skips): T {
  if (!set.key.startsWith('bucket/')) return set;
  const record: BucketRecord = JSON.parse(set.value);
  const step = record.shadow && skips(record.shadow);
  return step ? { ...set, value: JSON.stringify({ ...stepped(record, step), epoch: record.epoch }) } : set;
}

const NO_EXCLUSIVE_UP = leavingOut(({ rung, aim }) =>
  rung === 'exclusive' && aim === 'write-through' ? 'write-through' : undefined,
);

const NO_EXCLUSIVE_DOWN = leavingOut(({ rung, aim }) =>
  rung === 'exclusive' && aim === 'read-through' ? 'read-through' : undefined,
);

const NO_OPENING = leavingOut(({ rung, aim }) =>
  rung === 'opening' && aim !== 'none' ? 'read-through' : undefined,
);

const NO_TARGET_ONLY_DOWN = leavingOut(({ rung, aim }) =>
  rung === 'target-only' && aim === 'none' ? 'none' : undefined,
);

/** What the stores are told by a gateway that ends a route counts as ended at once. */
const NO_DRAINING: Rules = {
  ...REAL_RULES,
  openRoute: (...args) => {
    const route = openRoute(...args);
    const now = Promise.resolve();
    return { ...route, retire: (signal) => ({ ...route.retire(signal), quiet: now, ended: now }) };
  },
};

const withoutTombstone = ({ tombstone: _, ...rest }: KeyRecord): KeyRecord => rest;

/** On that rung deletes leave no tombstones. */
const forgettingOn = (rung: Rung): Rules => ({
  ...REAL_RULES,
  openRoute: (record, tenure, parts) =>
    record.shadow?.rung === rung
      ? openRoute(record, tenure, { ...parts, kv: rewriting(parts.kv, { stored: withoutTombstone }) })
      : openRoute(record, tenure, parts),
});

/** Conditions are judged by the gateway alone although others may still write without intents. */
const NEVER_IN_DOUBT: Rules = {
  ...REAL_RULES,
  openRoute: (record, tenure, parts) =>
    openRoute(
      record.shadow ? { ...record, shadow: { ...record.shadow, confirmed: true } } : record,
      tenure,
      parts,
    ),
};

/** A gateway goes by what it knows although its lease is over, and others may have gone on without it. */
const SERVES_ON: Rules = {
  ...REAL_RULES,
  tenure: () => ({ signal: new AbortController().signal, isOver: () => false }),
};

/** Gateways are on two rungs for as long as one of them has not heard of the other. */
const LAGGING: Partial<Scenario> = {
  keys: 1,
  clients: 4,
  operations: 8,
  switches: 3,
  troubles: { ...CALM, lags: 8 },
  conditional: { put: true, complete: true, match: true },
};

const JUDGING: Partial<Scenario> = {
  ...LAGGING,
  asks: ['write-through on or off'],
  deeds: ['get', 'put', 'put-if-match'],
};

const LOOKING: Partial<Scenario> = { ...LAGGING, keys: 2, deeds: ['head', 'list'] };

/** A key is deleted for the first time while the shadow goes: an older tombstone would hide what is wrong. */
const CLEARING: Partial<Scenario> = {
  ...LAGGING,
  rung: 'read-through',
  asks: ['clear'],
  keys: 3,
  deeds: ['head', 'head', 'head', 'list', 'delete'],
};

export const SWITCHING: Mutants = {
  'leaves out the rung before write-through': {
    rules: NO_EXCLUSIVE_UP,
    where: { ...JUDGING, rung: 'read-through' },
  },
  'leaves out the rung after write-through': {
    rules: NO_EXCLUSIVE_DOWN,
    where: { ...JUDGING, rung: 'write-through' },
  },
  'leaves out the rung before clients see both': { rules: NO_OPENING, where: { ...LOOKING, rung: 'none' } },
  'leaves no tombstones where clients see the target alone': {
    rules: forgettingOn('target-only'),
    where: CLEARING,
  },
  'leaves out the rung before a shadow goes': { rules: NO_TARGET_ONLY_DOWN, where: CLEARING },
  'does not wait for what is under way': {
    rules: NO_DRAINING,
    where: { ...CLEARING, delete: 'target', clients: 6, deeds: ['head', 'list', 'delete'], troubles: CALM },
  },
  'serves on when its lease is over': {
    rules: SERVES_ON,
    where: { ...LOOKING, rung: 'none', operations: 24, troubles: { ...CALM, cuts: 4 } },
  },
  'takes all gateways for being on its rung': { rules: NEVER_IN_DOUBT, where: JUDGING },
  'clears a shadow that has objects of its own': {
    rules: REAL_RULES,
    where: { ...LOOKING, rung: 'read-through', asks: ['clear by force'] },
  },
};

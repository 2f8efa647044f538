import { RUNGS } from '../../src/state/rung.js';
import { DEED_NAMES } from './client/deeds.js';
import { pairOf } from './overlaps.js';
import type { STEADY_RUNGS } from './scenario.js';
import { SWEEP_ASKS } from './sweeping/operator.js';
import type { Counts } from './tally.js';

type Rung = (typeof STEADY_RUNGS)[number];

const FAULTS = [
  ...['kill', 'outage', 'lost call', 'lost result', 'client leaves', 'upload breaks off', 'stall'],
  ...[
    'refused',
    'lost request',
    'lost answer',
    'given up on',
    'answer breaks off',
    'answer too short',
    'answer too long',
  ],
];

const MODES = [
  ...['shadow deletes', 'shadow keeps'],
  ...['conditional parts', 'conditional puts', 'nothing conditional'],
];

const RULES = [
  ...[
    'copy registered',
    'copy voided',
    'copy superseded',
    'copy committed',
    'late copy refused by the target',
  ],
  ...['exclusive intent announced', 'key waited for', 'dead intent taken over'],
  ...['delete found its object', 'delete missed its object', 'shadow deleted', 'shadow did not delete'],
  ...['tombstone hid the shadow', 'tombstone hid a listed key', 'tombstone removed'],
  ...['put-if-absent judged', 'put-if-match judged', 'delete-if-match judged'],
  ...['parts listed', 'a repeated Complete was done', 'a repeated Complete was refused'],
  ...['Abort was done, Complete refused', 'Abort was refused, Complete done'],
  ...['answered IncompleteBody', 'answered NoSuchKey', 'answered PreconditionFailed'],
  ...['answered ServiceUnavailable', 'answered SlowDown'],
];

/** Where writers do without excluding each other. */
const RULES_OF_SHARING = ['shared intent announced', 'dead intent forgotten', 'copy committed at once'];

/** Where writers exclude each other, so that readers have to look twice. */
const RULES_OF_EXCLUSION = ['second look found a delete', 'second look found a newer object'];

/** What runs on a rung have to exercise, or they prove nothing: by the names that a tally has for it. */
export function expectedOn(rung: Rung): string[] {
  const ofRung = rung === 'read-through' ? RULES_OF_SHARING : RULES_OF_EXCLUSION;
  return [
    ...DEED_NAMES.map((name) => `operation: ${name}`),
    ...overlaps(rung).map((pair) => `overlap: ${pair}`),
    ...FAULTS.map((name) => `fault: ${name}`),
    ...[...RULES, ...ofRung].map((name) => `rule: ${name}`),
    ...[...MODES, rung].map((name) => `mode: ${name}`),
  ];
}

/** The steps between where a bucket can stand. */
const STEPS = [
  ...['none to target-only', 'target-only to opening', 'opening to read-through'],
  ...['read-through to exclusive', 'exclusive to write-through', 'exclusive, confirmed to write-through'],
  ...['write-through to exclusive', 'exclusive to read-through', 'exclusive, confirmed to exclusive'],
  ...['exclusive to exclusive, confirmed', 'read-through to target-only', 'exclusive to target-only'],
  ...['write-through to swapping', 'swapping to swapping, confirmed', 'swapping, confirmed to swapping'],
  ...['swapping to write-through', 'target-only to forgetting', 'forgetting to none'],
];

const ASKS = [
  'set a shadow',
  'clear a shadow',
  'swap',
  'switch write-through on',
  'switch write-through off',
];

/** What runs in which an operator switches rungs have to exercise. */
export const EXPECTED_OF_SWITCHES: readonly string[] = [
  ...[...DEED_NAMES, ...ASKS].map((name) => `operation: ${name}`),
  ...['kill', 'outage', 'cut off', 'news come late'].map((name) => `fault: ${name}`),
  ...['none', ...RUNGS].map((rung) => `rule: served on ${rung}`),
  ...STEPS.map((step) => `rule: step from ${step}`),
  ...['out of touch', 'clearing answered not_migrated', 'tombstone removed', 'dead intent taken over'].map(
    (name) => `rule: ${name}`,
  ),
];

/** What runs in which gateways work on sweeps have to exercise. */
export const EXPECTED_OF_SWEEPS: readonly string[] = [
  ...SWEEP_ASKS.map((name) => `operation: ${name}`),
  ...['kill', 'outage', 'stall', 'lost call', 'lost result', 'refused'].map((name) => `fault: ${name}`),
  ...['planning', 'running', 'paused', 'stopped', 'done', 'followed another'].map(
    (what) => `rule: sweep ${what}`,
  ),
  ...['present', 'copied', 'deleted', 'failed'].map((what) => `rule: sweep counted ${what}`),
  ...['taken over', 'left with open keys', 'broke off'].map((what) => `rule: range ${what}`),
];

export const neverIn = (counts: Counts, expected: readonly string[]): string[] =>
  expected.filter((name) => counts[name] === undefined);

/** Every two operations on one key; and each with a recovery, which is rare where writers do not exclude each other. */
function overlaps(rung: Rung): string[] {
  const names = DEED_NAMES.filter((name) => name !== 'rest');
  const pairs = names.flatMap((name, index) => names.slice(index).map((other) => pairOf(name, other)));
  return rung === 'read-through' ? pairs : [...pairs, ...names.map((name) => pairOf(name, 'recovery'))];
}

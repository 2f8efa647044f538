import { DEED_NAMES } from './client/deeds.js';
import { pairOf } from './overlaps.js';
import type { Scenario } from './scenario.js';
import type { Counts } from './tally.js';

type Rung = Scenario['rung'];

const FAULTS = [
  ...['kill', 'outage', 'lost call', 'lost result', 'client leaves', 'upload breaks off', 'stall'],
  ...['refused', 'lost request', 'lost answer', 'answer breaks off', 'answer too short', 'answer too long'],
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
  ...['answered IncompleteBody', 'answered NoSuchKey', 'answered PreconditionFailed'],
  ...['answered ServiceUnavailable', 'answered SlowDown'],
];

/** Where writers do without excluding each other. */
const RULES_OF_SHARING = ['shared intent announced', 'dead intent forgotten'];

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

export const neverIn = (counts: Counts, expected: readonly string[]): string[] =>
  expected.filter((name) => counts[name] === undefined);

/** Every two operations on one key; and each with a recovery, which is rare where writers do not exclude each other. */
function overlaps(rung: Rung): string[] {
  const names = DEED_NAMES.filter((name) => name !== 'rest');
  const pairs = names.flatMap((name, index) => names.slice(index).map((other) => pairOf(name, other)));
  return rung === 'read-through' ? pairs : [...pairs, ...names.map((name) => pairOf(name, 'recovery'))];
}

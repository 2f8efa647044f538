import type { Random } from '../simulation/random.js';
import { putInParts } from './parts.js';
import { get, getRange, head, list } from './reads.js';
import type { Witness } from './witness.js';
import {
  copy,
  deleteObject,
  deleteObjects,
  put,
  putBreakingOff,
  putIfAbsent,
  putIfMatch,
  putLarge,
} from './writes.js';

export type Deed = (witness: Witness, key: string) => Promise<void>;

/** What clients do, and how often in a hundred times. */
const DEEDS: readonly (readonly [deed: Deed, share: number])[] = [
  [get, 24],
  [head, 8],
  [getRange, 5],
  [list, 3],
  [put, 18],
  [putLarge, 2],
  [putIfAbsent, 8],
  [putIfMatch, 7],
  [putBreakingOff, 2],
  [putInParts, 4],
  [copy, 5],
  [deleteObject, 11],
  [deleteObjects, 3],
];

const TURNS = DEEDS.flatMap(([deed, share]) => Array.from({ length: share }, () => deed));

/** Some keys are in demand all the time, for long histories. */
const POPULAR = { keys: 3, share: 0.25 };

/** Of all others a few at a time, each in its turn: it is then that most are still in the shadow alone. */
const IN_TURN = { keys: 4, share: 0.7 };

/** One thing after the other, from the beginning of the run to its end: `progress` goes from 0 to 1. */
export async function work(witness: Witness, progress: () => number): Promise<void> {
  const { random, surroundings } = witness;
  for (let done = progress(); done < 1; done = progress()) {
    await random.pick(TURNS)(witness, pickKey(random, surroundings.keys, done));
  }
}

function pickKey(random: Random, keys: readonly string[], progress: number): string {
  const drawn = random.next();
  if (drawn < POPULAR.share) return random.pick(keys.slice(0, POPULAR.keys));
  const first = Math.min(Math.floor(progress * keys.length), keys.length - IN_TURN.keys);
  const inTurn = keys.slice(Math.max(0, first)).slice(0, IN_TURN.keys);
  return random.pick(drawn < POPULAR.share + IN_TURN.share ? inTurn : keys);
}

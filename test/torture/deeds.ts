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

type Deed = (witness: Witness, key: string) => Promise<void>;

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

/** Few keys have half of all operations. */
const HOT_KEYS = 6;

/** One thing after the other until it is over. */
export async function work(witness: Witness, isOver: () => boolean): Promise<void> {
  const { random, surroundings } = witness;
  while (!isOver()) await random.pick(TURNS)(witness, pickKey(random, surroundings.keys));
}

function pickKey(random: Random, keys: readonly string[]): string {
  return random.pick(random.chance(0.5) ? keys.slice(0, HOT_KEYS) : keys);
}

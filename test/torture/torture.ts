import { systemClock } from '../../src/system/clock.js';
import { Random } from '../simulation/random.js';
import type { Rgw } from '../support/rgw.js';
import { work } from './deeds.js';
import { fillShadow } from './filling.js';
import { History } from './history.js';
import { judgeKey, type Violation } from './judge.js';
import type { TortureOptions } from './options.js';
import { get, list } from './reads.js';
import { makeTrouble } from './troubles.js';
import { type Surroundings, Witness } from './witness.js';
import { openWorld, type World } from './world.js';

export interface Result {
  readonly options: TortureOptions;
  readonly counts: ReadonlyMap<string, number>;
  /** Answers that no client should get, and how often each was given. */
  readonly wonders: ReadonlyMap<string, number>;
  /** Operations that were judged; a listing is one of each key that it covers. */
  readonly checked: number;
  readonly violations: readonly Violation[];
  /** What the gateways said. */
  readonly log: string;
}

/** Longer than a lease and what comes after it. */
const STILL_MS = 20_000;
const POLL_MS = 500;

/** Lets clients use a bucket that moves while everything around it breaks, then judges what they saw. */
export async function torture(rgw: Rgw, options: TortureOptions): Promise<Result> {
  const world = await openWorld(rgw, options);
  try {
    const history = new History();
    const keys = Array.from({ length: options.keys }, (_, index) => `k${String(index).padStart(4, '0')}`);
    const random = new Random(options.seed);
    const initial = await fillShadow(world.stores.shadow, { keys, values: history.values, random });
    const { writeThrough } = options;
    const { bucket, move } = world;
    const surroundings = { history, keys, random, bucket, gateways: await move(), writeThrough };
    await live(world, surroundings, options);
    await settle(world, history);
    await readAll(surroundings);
    const violations: Violation[] = [];
    for (const key of keys) {
      const before = initial.get(key) ?? null;
      const isMirrored = options.writeThrough === 'on';
      violations.push(...(await judgeKey(key, { world, history, isMirrored, initial: before })));
    }
    const checked = keys.reduce((sum, key) => sum + history.of(key).length, 0);
    return {
      options,
      counts: history.counts,
      wonders: history.wonders,
      checked,
      violations,
      log: world.log(),
    };
  } finally {
    await world.close();
  }
}

async function live(world: World, surroundings: Surroundings, options: TortureOptions): Promise<void> {
  const beginning = systemClock.now();
  const progress = () => (systemClock.now() - beginning) / (options.seconds * 1_000);
  const clients = Array.from({ length: options.clients }, (_, index) => {
    const random = new Random(options.seed * 1_000 + index);
    return work(new Witness(`c${index}`, { ...surroundings, random }), progress);
  });
  const { history, random } = surroundings;
  await Promise.all([...clients, makeTrouble({ world, history, random, options })]);
}

/** Waits until all is switched and repaired. What the shadow keeps because a newer object hides it, is never repaired. */
async function settle(world: World, history: History): Promise<void> {
  let left = await whatIsLeft(world);
  let since = systemClock.now();
  while (left.repairs + left.switching.length > 0 && systemClock.now() - since < STILL_MS) {
    await systemClock.sleep(POLL_MS);
    const now = await whatIsLeft(world);
    if (now.repairs !== left.repairs || now.switching !== left.switching) since = systemClock.now();
    left = now;
  }
  if (left.switching !== '') throw new Error(`the switch does not end: ${left.switching}`);
  for (let each = 0; each < left.repairs; each += 1) history.count('repair that is still pending');
}

async function whatIsLeft(world: World): Promise<{ repairs: number; switching: string }> {
  const { migration, switching } = await world.storage('status');
  return {
    repairs: migration.pending_repairs,
    switching: switching === null ? '' : JSON.stringify(switching),
  };
}

/** In the end every key is read once more, through each gateway. */
async function readAll(surroundings: Surroundings): Promise<void> {
  for (const [index, gateway] of surroundings.gateways.entries()) {
    const witness = new Witness(`last ${index}`, { ...surroundings, gateways: [gateway] });
    await list(witness);
    for (const key of surroundings.keys) await get(witness, key);
  }
}

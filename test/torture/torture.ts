import pLimit from 'p-limit';
import { systemClock } from '../../src/system/clock.js';
import { Random } from '../simulation/random.js';
import type { Rgw } from '../support/rgw.js';
import { type Deed, work } from './deeds.js';
import { fillShadow } from './filling.js';
import { History } from './history.js';
import { judgeKey, type Violation } from './judge.js';
import type { TortureOptions } from './options.js';
import { get, list } from './reads.js';
import { makeTrouble } from './troubles.js';
import { type Surroundings, Witness } from './witness.js';
import { openWorld, type World } from './world.js';
import { put } from './writes.js';

export interface Result {
  readonly options: TortureOptions;
  readonly counts: ReadonlyMap<string, number>;
  /** What went wrong, and when. */
  readonly events: readonly string[];
  /** Answers that no client should get, and how often each was given. */
  readonly wonders: ReadonlyMap<string, number>;
  /** Operations that were judged; a listing is one of each key that it covers. */
  readonly checked: number;
  readonly violations: readonly Violation[];
  /** What the gateways said. */
  readonly log: string;
}

/** Two leases: recovery begins when one has run out. */
const LEFT_BEHIND_MS = 14_000;
const SETTLES_WITHIN_MS = 90_000;
const POLL_MS = 500;

/** Lets clients use a bucket that moves while everything around it breaks, then judges what they saw. */
export async function torture(rgw: Rgw, options: TortureOptions): Promise<Result> {
  const world = await openWorld(rgw, options);
  try {
    const history = new History();
    const keys = Array.from({ length: options.keys }, (_, index) => `k${String(index).padStart(4, '0')}`);
    const random = new Random(options.seed);
    const initial = await fillShadow(world.stores.shadow, { keys, values: history.values, random });
    const { bucket } = world;
    const { writeThrough } = options;
    const gateways = await world.move();
    const surroundings = { history, keys, random, bucket, gateways, writeThrough, areRestless: true };
    await live(world, surroundings, options);
    await settle(world);
    await finish(surroundings);
    return await judge(world, history, { options, initial });
  } finally {
    await world.close();
  }
}

async function judge(
  world: World,
  history: History,
  { options, initial }: { options: TortureOptions; initial: ReadonlyMap<string, string | null> },
): Promise<Result> {
  const isMirrored = options.writeThrough === 'on';
  const violations: Violation[] = [];
  let checked = 0;
  for (const [key, before] of initial) {
    violations.push(...(await judgeKey(key, { world, history, isMirrored, initial: before })));
    checked += history.of(key).length;
  }
  const { counts, events, wonders } = history;
  return { options, counts, events, wonders, checked, violations, log: world.log() };
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

/** Waits until leases of what was killed have run out, and then until all is switched and repaired. */
async function settle(world: World): Promise<void> {
  await systemClock.sleep(LEFT_BEHIND_MS);
  const over = systemClock.now() + SETTLES_WITHIN_MS;
  for (;;) {
    const { migration, switching } = await world.storage('status');
    if (migration.pending_repairs === 0 && switching === null) return;
    const left = JSON.stringify({ pending_repairs: migration.pending_repairs, switching });
    if (systemClock.now() > over) throw new Error(`it does not settle: ${left}`);
    await systemClock.sleep(POLL_MS);
  }
}

/** In the end every key can be read through each gateway, written, and read again: nothing was left barred. */
async function finish(surroundings: Surroundings): Promise<void> {
  for (const [index, gateway] of surroundings.gateways.entries()) {
    const witness = new Witness(`last ${index}`, {
      ...surroundings,
      gateways: [gateway],
      areRestless: false,
    });
    await list(witness);
    const atOnce = pLimit(16);
    for (const deed of [get, put, get])
      await atOnce.map(surroundings.keys, (key) => succeed(witness, key, deed));
  }
}

async function succeed(witness: Witness, key: string, deed: Deed): Promise<void> {
  const { history } = witness;
  const before = history.of(key).length;
  await deed(witness, key);
  const last = history.of(key).at(-1);
  if (history.of(key).length === before || last?.outcome !== 'done')
    history.wonder(`${deed.name} of ${key} fails in the end`);
}

import { systemClock } from '../../src/system/clock.js';
import type { Random } from '../simulation/random.js';
import type { SeenRequest } from '../support/fault-proxy.js';
import type { FaultRates } from './faults.js';
import { seededFaults } from './faults.js';
import type { History } from './history.js';
import type { TortureOptions } from './options.js';
import type { World } from './world.js';

/**
 * Of the shadow nearly one in twenty requests fails; of the target fewer, or hardly a write would end well. A shadow is slow: what races with
 * a copy has the time to.
 */
const FAULTS: Readonly<Record<'target' | 'shadow', FaultRates>> = {
  shadow: { refused: 10, dropped: 8, requestCut: 8, answerLost: 10, answerCut: 8, delayed: 400 },
  target: { refused: 3, dropped: 2, requestCut: 2, answerLost: 4, answerCut: 2, delayed: 40 },
};

const SECONDS_PER_KILL = 6;
const SECONDS_PER_PAUSE = 15;
const SECONDS_PER_CRASH = 20;
const SECONDS_PER_SWEEP = 10;
const PAUSE_MS = 1_000;
const DOWN_MS = 500;

/** Something that goes wrong once, so many milliseconds after the beginning. */
interface Trouble {
  readonly atMs: number;
  readonly strike: () => Promise<void>;
}

export interface Troublemaker {
  readonly world: World;
  readonly history: History;
  readonly random: Random;
  readonly options: TortureOptions;
}

/** Lets all that can go wrong go wrong, until the time is up. What was broken then runs again. */
export async function makeTrouble(maker: Troublemaker): Promise<void> {
  const { world, history, random } = maker;
  for (const side of ['target', 'shadow'] as const) {
    const note = (fault: string, { method, target }: SeenRequest) =>
      history.happened(`fault of the ${side}: ${fault}`, `${method} ${target}`);
    world.proxies[side].disturb(seededFaults(random, FAULTS[side], note));
  }
  const kills = world.gateways.map((gateway) =>
    inTurn(troubles(maker, SECONDS_PER_KILL * world.gateways.length, 'kill', () => gateway.killAndRestart())),
  );
  const ofState = [
    ...troubles(maker, SECONDS_PER_PAUSE, 'pause of the state', () => pauseState(maker)),
    ...troubles(maker, SECONDS_PER_CRASH, 'restart of the state', () => crashState(maker)),
  ];
  const sweeps = troubles(maker, SECONDS_PER_SWEEP, 'sweep', () => sweep(maker)).map(inSecondHalf(maker));
  await Promise.all([...kills, inTurn(ofState), inTurn(sweeps), inTurn(switches(maker))]);
  for (const proxy of Object.values(world.proxies)) proxy.heal();
}

/** One in each span of so many seconds, and at least one. */
function troubles(
  { random, options, history }: Troublemaker,
  everySeconds: number,
  name: string,
  strike: () => Promise<void>,
): Trouble[] {
  const count = Math.max(1, Math.floor(options.seconds / everySeconds));
  const span = (options.seconds * 1_000) / count;
  return Array.from({ length: count }, (_, index) => ({
    atMs: (index + random.next()) * span,
    async strike() {
      history.happened(name);
      await strike();
    },
  }));
}

/** A sweep leaves nothing for clients to bring over. */
const inSecondHalf =
  ({ options }: Troublemaker) =>
  ({ atMs, strike }: Trouble): Trouble => ({ atMs: (options.seconds * 1_000 + atMs) / 2, strike });

async function inTurn(all: readonly Trouble[]): Promise<void> {
  const beginning = systemClock.now();
  for (const { atMs, strike } of [...all].sort((a, b) => a.atMs - b.atMs)) {
    await systemClock.sleep(Math.max(0, beginning + atMs - systemClock.now()));
    await strike();
  }
}

async function pauseState({ world: { redis } }: Troublemaker): Promise<void> {
  redis.pause();
  await systemClock.sleep(PAUSE_MS);
  redis.resume();
}

async function crashState({ world: { redis }, random }: Troublemaker): Promise<void> {
  await redis.stop(random.pick(['SIGKILL', 'SIGTERM']));
  await systemClock.sleep(DOWN_MS);
  await redis.restart();
}

/** A gateway that has just been killed, or has no state, starts none: the next turn will. */
async function sweep({ world, history }: Troublemaker): Promise<void> {
  await world
    .storage('sweep', 'start')
    .catch((error: Error) => history.count(`sweep refused: ${error.message.trim()}`));
}

/** On after a third of the time, and off again after two. */
function switches({ world, history, options }: Troublemaker): Trouble[] {
  if (options.writeThrough !== 'switched') return [];
  return ['--shadow-write-through', '--no-shadow-write-through'].map((flag, index) => ({
    atMs: ((index + 1) / 3) * options.seconds * 1_000,
    async strike() {
      history.happened(`update ${flag}`);
      await untilDone(() => world.storage('update', flag, '--wait', '0'));
    },
  }));
}

async function untilDone(command: () => Promise<unknown>): Promise<void> {
  for (;;) {
    const said = await command().then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (said === undefined || said.includes('still under way')) return;
    await systemClock.sleep(DOWN_MS);
  }
}

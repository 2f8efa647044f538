import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Outcome } from './many.js';
import type { Violation } from './simulate.js';
import { Tally } from './tally.js';

/** Schedules that a worker runs in one go. */
export interface Portion {
  readonly firstSeed: number;
  readonly schedules: number;
}

const PORTION = 200;

/** A worker's heap has more room than usual for what is short-lived, MiB: a run leaves much of it behind, and no more. */
const YOUNG_MIB = 64;

interface Crew {
  /** Of a module that answers each portion that it is sent with its outcome. */
  readonly script: URL;
  readonly workers: number;
  readonly all: Portion;
}

/** Runs schedules on several threads until one violates the rules; the violation is that of the lowest seed, as on one thread. */
export async function simulateInParallel({ script, workers, all }: Crew): Promise<Outcome> {
  const portions = cut(all);
  const tally = new Tally();
  let schedules = 0;
  const violations: Violation[] = [];
  const work = async (): Promise<void> => {
    const worker = new Worker(script, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB } });
    for (let portion = portions.next(); !portion.done && violations.length === 0; portion = portions.next()) {
      const outcome = await hand(worker, portion.value);
      tally.addAll(outcome.counts);
      schedules += outcome.schedules;
      if (outcome.violation) violations.push(outcome.violation);
    }
    await worker.terminate();
  };
  await Promise.all(Array.from({ length: workers }, work));
  const [violation] = violations.sort((a, b) => a.scenario.seed - b.scenario.seed);
  const { counts } = tally;
  return violation ? { schedules, counts, violation } : { schedules, counts };
}

function* cut({ firstSeed, schedules }: Portion): Generator<Portion, undefined> {
  for (let done = 0; done < schedules; done += PORTION) {
    yield { firstSeed: firstSeed + done, schedules: Math.min(PORTION, schedules - done) };
  }
}

async function hand(worker: Worker, portion: Portion): Promise<Outcome> {
  const answer = once(worker, 'message');
  worker.postMessage(portion);
  const [outcome]: Outcome[] = await answer;
  if (!outcome) throw new TypeError('a worker answered nothing');
  return outcome;
}

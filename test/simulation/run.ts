import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort } from 'node:worker_threads';
import { EXPECTED_OF_SWEEPS, EXPECTED_OF_SWITCHES, expectedOn, neverIn } from './coverage.js';
import { type Portion, simulateInParallel } from './crew.js';
import { simulateMany } from './many.js';
import { REAL_RULES } from './rules.js';
import { STEADY_RUNGS } from './scenario.js';
import { shrink } from './shrink.js';
import { describeViolation } from './simulate.js';
import { table } from './tally.js';

if (isMainThread) await conduct();
else
  parentPort?.on('message', async (portion: Portion) =>
    parentPort?.postMessage(await simulateMany({ rules: REAL_RULES, ...portion })),
  );

async function conduct(): Promise<void> {
  const text = (fallback: string) => ({ type: 'string', default: fallback }) as const;
  const { values } = parseArgs({
    options: { seeds: text('1000'), seed: text('1'), workers: text(String(availableParallelism())) },
  });
  const { schedules, violation, counts } = await simulateInParallel({
    script: new URL(import.meta.url),
    workers: wholeNumber('--workers', values.workers),
    all: {
      firstSeed: wholeNumber('--seed', values.seed),
      schedules: wholeNumber('--seeds', values.seeds),
    },
  });
  console.log(table(counts));
  for (const name of neverIn(counts, [
    ...new Set([...STEADY_RUNGS.flatMap(expectedOn), ...EXPECTED_OF_SWITCHES, ...EXPECTED_OF_SWEEPS]),
  ]))
    console.log(`        0  ${name}`);
  console.log(
    `${String(schedules).padStart(9)}  schedules, ${violation ? 'one of which is wrong' : 'all good'}`,
  );
  if (!violation) return;
  console.log(describeViolation(violation));
  const smallest = await shrink(violation, REAL_RULES);
  if (smallest !== violation) console.log(`\nshrunk: ${describeViolation(smallest)}`);
  process.exitCode = 1;
}

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new RangeError(`${option} must be a whole number below 10^9, not ${JSON.stringify(text)}`);
}

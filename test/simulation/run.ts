import { parseArgs } from 'node:util';
import { simulateMany } from './many.js';
import { REAL_RULES } from './rules.js';
import { shrink } from './shrink.js';
import { describeViolation } from './simulate.js';
import { table } from './tally.js';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
});

const { schedules, violation, counts } = await simulateMany({
  rules: REAL_RULES,
  firstSeed: wholeNumber('--seed', values.seed),
  schedules: wholeNumber('--seeds', values.seeds),
});
console.log(table(counts));
console.log(
  `${String(schedules).padStart(9)}  schedules, ${violation ? 'of which the last is wrong' : 'all good'}`,
);
if (violation) {
  console.log(describeViolation(violation));
  const smallest = await shrink(violation, REAL_RULES);
  if (smallest !== violation) console.log(`\nshrunk: ${describeViolation(smallest)}`);
  process.exitCode = 1;
}

function wholeNumber(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new RangeError(`${option} must be a whole number below 10^9, not ${JSON.stringify(text)}`);
}

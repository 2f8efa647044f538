import type { WitnessedOperation } from './history.js';
import type { Violation } from './judge.js';
import type { Result } from './torture.js';

/** What was done, what broke and what is wrong, as lines of text. */
export function report({ options, counts, wonders, checked, violations }: Result): string {
  const table = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, count]) => row(count, what));
  const odd = [...wonders].map(([answer, count]) => row(count, `odd answer, ${answer}`));
  const found = violations.map((violation) => `\n${describe(violation)}`);
  return [
    ...table,
    ...odd,
    row(options.keys, 'keys'),
    row(checked, 'operations on keys, checked'),
    ...found,
    `violations: ${violations.length}`,
  ].join('\n');
}

const row = (count: number, what: string): string => `${String(count).padStart(9)}  ${what}`;

/** The window of a violation in the order of the calls; what is of unknown outcome and of no importance is left out. */
function describe({ key, what, window }: Violation): string {
  const read = new Set(window.filter(({ kind }) => kind === 'get').map(({ value }) => value));
  const shown = window.filter(({ outcome, value }) => outcome !== 'unknown' || read.has(value));
  return [`${key}: ${what}`, linesOf(shown)].join('\n');
}

/** What it takes to find the cause: what gateways said, what went wrong, and all that was done to the keys of violations. */
export const fullReport = ({ violations, events, log }: Result): string =>
  [log, ...events, ...violations.flatMap(({ key, history }) => ['', key, linesOf(history)]), ''].join('\n');

const linesOf = (operations: readonly WitnessedOperation[]): string =>
  [...operations]
    .sort((a, b) => a.invoked - b.invoked)
    .map(line)
    .join('\n');

function line({
  client,
  kind,
  value,
  expected,
  invoked,
  returned,
  outcome,
  what,
}: WitnessedOperation): string {
  const times = `${invoked.toFixed(3)} - ${returned.toFixed(3)}`;
  const condition = expected === undefined ? [] : [`expected ${expected}`];
  return [
    times.padEnd(26),
    `${client} ${what}`.padEnd(20),
    kind.padEnd(15),
    String(value).padEnd(8),
    outcome,
    ...condition,
  ].join('  ');
}

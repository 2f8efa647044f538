import { expect, test } from 'vitest';
import { type Aim, nextRung, type Rung } from '../../src/state/rung.js';

function ladder(from: Rung, aim: Aim): string[] {
  const steps: string[] = [];
  for (let rung: Rung = from; ; ) {
    const next = nextRung(rung, aim);
    if (next !== undefined) steps.push(next);
    if (next === undefined || next === 'none') return steps;
    rung = next;
  }
}

test.each<[Rung, Aim, string[]]>([
  ['target-only', 'read-through', ['opening', 'read-through']],
  ['target-only', 'write-through', ['opening', 'read-through', 'exclusive', 'write-through']],
  ['read-through', 'write-through', ['exclusive', 'write-through']],
  ['write-through', 'read-through', ['exclusive', 'read-through']],
  ['write-through', 'exclusive', ['exclusive']],
  ['read-through', 'none', ['target-only', 'none']],
  ['write-through', 'none', ['exclusive', 'target-only', 'none']],
  ['opening', 'none', ['target-only', 'none']],
  ['write-through', 'write-through', []],
])('from %s to %s no rung is left out', (from, aim, steps) => {
  expect(ladder(from, aim)).toEqual(steps);
});

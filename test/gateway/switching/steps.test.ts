import { expect, test } from 'vitest';
import { nextStep, type Step, stepped } from '../../../src/gateway/switching/steps.js';
import type { BucketRecord } from '../../../src/state/buckets.js';
import type { Aim, Rung } from '../../../src/state/rung.js';
import { bucketNamed, SHADOW } from '../../state/records.js';

/** All steps that a bucket takes until there is none left. */
function stepsOf(rung: Rung, aim: Aim, confirmed: boolean): [Step[], BucketRecord] {
  const steps: Step[] = [];
  let record = bucketNamed('b', { shadow: { ...SHADOW, rung, aim, confirmed }, epoch: 7 });
  for (let step = nextStep(record); step !== undefined; step = nextStep(record)) {
    steps.push(step);
    record = stepped(record, step);
  }
  return [steps, record];
}

test.each<[Rung, Aim, boolean, Step[], number]>([
  ['read-through', 'write-through', true, ['exclusive', 'write-through', 'confirm'], 9],
  ['write-through', 'read-through', true, ['exclusive', 'read-through', 'confirm'], 9],
  ['read-through', 'exclusive', true, ['exclusive', 'confirm'], 8],
  ['exclusive', 'write-through', true, ['write-through', 'confirm'], 8],
  ['exclusive', 'read-through', true, ['doubt', 'read-through', 'confirm'], 9],
  ['exclusive', 'none', true, ['doubt', 'target-only', 'none', 'forget'], 10],
  ['exclusive', 'none', false, ['target-only', 'none', 'forget'], 9],
  ['target-only', 'read-through', false, ['opening', 'read-through', 'confirm'], 9],
  ['read-through', 'read-through', true, [], 7],
])(
  'from %s to %s, confirmed %s, each step that others must follow is a new epoch',
  (rung, aim, confirmed, steps, epoch) => {
    const [taken, record] = stepsOf(rung, aim, confirmed);
    expect(taken).toEqual(steps);
    expect(record.epoch).toBe(epoch);
    expect(record.shadow?.rung).toBe(aim === 'none' ? undefined : aim);
    expect(record.shadow?.confirmed ?? true).toBe(true);
  },
);

test('target and shadow change places between two epochs in which reads wait for writers, and all that was known of them goes with them', () => {
  const swap = {
    conditionalWrites: { put: false, complete: false, match: true },
    trailingChecksums: true,
    force: false,
  };
  const shadow = { ...SHADOW, aim: 'swap' as const, swap };
  let record = bucketNamed('b', { shadow, epoch: 7, trailingChecksums: false });
  const before = record;
  const rungs: unknown[] = [];
  for (let step = nextStep(record); step !== undefined; step = nextStep(record)) {
    record = stepped(record, step);
    rungs.push([step, record.shadow?.rung, record.epoch, record.swaps ?? 0]);
  }
  expect(rungs).toEqual([
    ['swapping', 'swapping', 8, 0],
    ['confirm', 'swapping', 9, 0],
    ['swap', 'swapping', 10, 1],
    ['write-through', 'write-through', 11, 1],
    ['confirm', 'write-through', 11, 1],
  ]);
  const { swap: _, ...settings } = shadow;
  expect(record).toEqual({
    ...before,
    target: SHADOW.place,
    conditionalWrites: swap.conditionalWrites,
    trailingChecksums: true,
    shadow: { ...settings, place: before.target, aim: 'write-through', trailingChecksums: false },
    epoch: 11,
    swaps: 1,
  });
});

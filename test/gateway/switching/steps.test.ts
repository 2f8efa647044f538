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

import { expect, it } from 'vitest';
import type { Job } from '../../../src/console/api/jobs.js';
import { turnsOf } from '../../../src/console/jobs/job-words.js';

const job = (changes: Partial<Job>, detail: Partial<Job['detail']> = {}) =>
  ({
    kind: 'migrate',
    phase: 'copy',
    status: 'running',
    ...changes,
    detail: { flipped_at: null, delete_source: false, ...detail },
  }) as Job;

it.each([
  ['running', job({}), ['pause', 'cancel']],
  ['staging, which cannot rest', job({ phase: 'stage' }), ['cancel']],
  ['paused', job({ status: 'paused' }), ['resume', 'cancel']],
  ['waiting for its turn', job({ status: 'queued', phase: 'stage' }), ['cancel']],
  ['with errors', job({ status: 'completed_with_errors' }), ['retry', 'cancel']],
  ['being cancelled', job({ status: 'cancelling' }), []],
  ['cleaning up', job({ phase: 'cleanup' }, { flipped_at: 7 }), []],
  ['done, its source kept', job({ status: 'succeeded' }, { flipped_at: 7 }), ['rollback']],
  ['done, its source deleted', job({ status: 'succeeded' }, { flipped_at: 7, delete_source: true }), []],
])('of a job that is %s is asked only what it would do', (_, of, turns) => {
  expect(turnsOf(of)).toEqual(turns);
});

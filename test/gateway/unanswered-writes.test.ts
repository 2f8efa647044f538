import { expect, it } from 'vitest';
import { BackendUnavailable } from '../../src/backends/backend.js';
import { UnansweredWrites } from '../../src/gateway/unanswered-writes.js';
import { S3Error } from '../../src/s3/errors.js';
import type { S3Response, S3Service } from '../../src/s3/message.js';
import { ask } from '../../src/shadow/ask.js';
import { TIMES } from '../../src/system/times.js';
import { ManualClock } from '../support/manual-clock.js';

const { signal } = new AbortController();
const answered = (status: number) => async (): Promise<S3Response> => ({ status, headers: {} });
const failed = (error: Error) => () => Promise.reject(error);
const silent = new BackendUnavailable('main', 'timeout', true);

/** Whether a store may still apply what ended so. */
async function mayApply(write: () => Promise<S3Response>): Promise<boolean> {
  const unanswered = new UnansweredWrites(new ManualClock(), TIMES);
  await unanswered.noting(write, signal).catch(() => undefined);
  return unanswered.mayApply;
}

it('counts a write that its store did not answer, whoever tells of it', async () => {
  expect(await mayApply(failed(silent))).toBe(true);
  expect(await mayApply(failed(new S3Error('ServiceUnavailable', undefined, { cause: silent })))).toBe(true);
  for (const status of [502, 504]) expect(await mayApply(answered(status))).toBe(true);
});

it('does not count one that was answered, refused or never sent', async () => {
  for (const status of [200, 412, 500, 503]) expect(await mayApply(answered(status))).toBe(false);
  expect(await mayApply(failed(new S3Error('PreconditionFailed')))).toBe(false);
  expect(await mayApply(failed(new BackendUnavailable('main', 'connect', false)))).toBe(false);
});

it('counts deletes that a store did not answer when no client waits for them, and no reads', async () => {
  const unanswered = new UnansweredWrites(new ManualClock(), TIMES);
  const store: S3Service = unanswered.notingDeletes(failed(silent));
  await expect(store(ask('GetObject', { signal }))).rejects.toBe(silent);
  expect(unanswered.mayApply).toBe(false);
  await expect(store(ask('DeleteObject', { method: 'DELETE', signal }))).rejects.toBe(silent);
  expect(unanswered.mayApply).toBe(true);
});

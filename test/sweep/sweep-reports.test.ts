import { expect, it } from 'vitest';
import type { SweepProgress } from '../../src/sweep/sweep.js';
import { SweepReports } from '../../src/sweep/sweep-reports.js';
import { systemClock } from '../../src/system/clock.js';
import { temporaryKv } from '../state/temporary-kv.js';
import { ManualClock } from '../support/manual-clock.js';

const COPYING: SweepProgress = {
  state: 'running',
  objectsCopied: 7,
  bytesCopied: 70,
  failed: 1,
  startedAt: 5,
};

/** A sweep that is as far as the test says. */
function sweepAt(progress: SweepProgress) {
  const over = new AbortController();
  const sweep = { progress, ended: over.signal };
  const end = (state: 'done' | 'failed') => {
    sweep.progress = { ...sweep.progress, state };
    over.abort();
  };
  return { sweep, end };
}

const never = new AbortController().signal;

it('a bucket that nobody swept says so', async () => {
  expect(await new SweepReports(await temporaryKv(), systemClock).read('b')).toMatchObject({ state: 'idle' });
});

it('of two gateways that begin to sweep a bucket only one does', async () => {
  const kv = await temporaryKv();
  const claims = ['one', 'two'].map((run) => new SweepReports(kv, systemClock).claim('b', run));
  expect((await Promise.all(claims)).sort()).toEqual([false, true]);
  expect(await new SweepReports(kv, systemClock).read('b')).toMatchObject({ state: 'running' });
});

it('another gateway tells how far a sweep is, and how it ended', async () => {
  const kv = await temporaryKv();
  const reports = new SweepReports(kv, systemClock);
  const elsewhere = new SweepReports(kv, systemClock);
  await reports.claim('b', 'one');
  const { sweep, end } = sweepAt(COPYING);
  const reported = reports.follow('b', 'one', sweep, never);
  await expect.poll(() => elsewhere.read('b')).toEqual(COPYING);
  end('done');
  await reported;
  expect(await elsewhere.read('b')).toEqual({ ...COPYING, state: 'done' });
  expect(await elsewhere.claim('b', 'two')).toBe(true);
});

it('a sweep whose gateway is gone counts as interrupted, and can be begun anew', async () => {
  const clock = new ManualClock();
  const reports = new SweepReports(await temporaryKv(), clock);
  await reports.claim('b', 'one');
  clock.advance(30_000);
  expect(await reports.claim('b', 'two')).toBe(false);
  clock.advance(1);
  expect(await reports.read('b')).toMatchObject({ state: 'interrupted' });
  expect(await reports.claim('b', 'two')).toBe(true);
  const { sweep } = sweepAt({ ...COPYING, state: 'done' });
  await reports.follow('b', 'one', sweep, never);
  expect(await reports.read('b')).toMatchObject({ state: 'running', objectsCopied: 0 });
});

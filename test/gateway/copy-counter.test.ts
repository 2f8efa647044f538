import { expect, it } from 'vitest';
import { CopyCounter } from '../../src/gateway/copy-counter.js';
import { CopyCounts } from '../../src/state/copy-counts.js';
import { createLogger } from '../../src/system/logger.js';
import { temporaryKv } from '../state/temporary-kv.js';
import { ManualClock } from '../support/manual-clock.js';

const SINCE = '2026-01-01T00:00:00.000Z';
const log = createLogger({ level: 'silent' });

it('copies of reads are counted in the state in one batch, some seconds later', async () => {
  const clock = new ManualClock();
  const store = new CopyCounts(await temporaryKv());
  const counter = new CopyCounter({ store, bucketId: 'b', since: SINCE, clock, log });
  for (let i = 0; i < 1_000; i += 1) counter.note(10);
  expect(await store.read('b', SINCE)).toEqual({ objects: 0, bytes: 0 });
  clock.advance(5_000);
  await expect.poll(() => store.read('b', SINCE)).toEqual({ objects: 1_000, bytes: 10_000 });
  counter.note(1);
  await counter.drain();
  expect(await store.read('b', SINCE)).toEqual({ objects: 1_001, bytes: 10_001 });
});

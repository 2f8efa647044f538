import { expect, test } from 'vitest';
import { BoundedNames } from '../../../src/gateway/metrics/bounded-names.js';
import type { BucketFigures, StateFigures } from '../../../src/gateway/metrics/state-figures.js';
import { StateGauges } from '../../../src/gateway/metrics/state-gauges.js';
import { Scrape } from './scrape.js';

const NOW = Date.UTC(2026, 0, 1);

const moving = (bucket: string, tombstones: number, owedSeconds?: number): BucketFigures => ({
  bucket,
  behind: 1,
  keys: {
    tombstones,
    repairs: owedSeconds === undefined ? 0 : 1,
    oldestRepairAt: owedSeconds === undefined ? undefined : NOW - owedSeconds * 1_000,
    intents: 0,
    copies: 0,
    isWhole: owedSeconds !== 7,
  },
  passes: [],
});

const figures = (...buckets: BucketFigures[]): StateFigures => ({
  readAt: NOW,
  gateways: 2,
  queue: { waiting: 3, active: 4 },
  jobs: [],
  buckets,
});

const shown = async (gauges: StateGauges) => new Scrape(await gauges.registry.metrics());

test('of buckets that share a label counts are summed up, and of what is owed the oldest counts', async () => {
  const gauges = new StateGauges(new BoundedNames(1));
  gauges.show(figures(moving('a', 1), moving('b', 20, 90), moving('c', 300, 7), moving('d', 4_000)));
  const other = { bucket: '(other)' };
  const read = await shown(gauges);
  expect(read.value('penumbra_tombstones', { bucket: 'a' })).toBe(1);
  expect(read.value('penumbra_tombstones', other)).toBe(4_320);
  expect(read.value('penumbra_repairs_pending', other)).toBe(2);
  expect(read.value('penumbra_repairs_oldest_seconds', other)).toBe(90);
  expect(read.value('penumbra_keys_partly_counted', other)).toBe(1);
  expect(read.value('penumbra_gateways_behind', other)).toBe(3);
});

test('a bucket that is moving no more is not told of any more, and what is owed no longer is not either', async () => {
  const gauges = new StateGauges(new BoundedNames(10));
  gauges.show(figures(moving('a', 1), moving('b', 1, 90)));
  gauges.show(figures(moving('b', 1)));
  const read = await shown(gauges);
  expect(read.value('penumbra_tombstones', { bucket: 'a' })).toBeUndefined();
  expect(read.value('penumbra_repairs_oldest_seconds', { bucket: 'b' })).toBe(0);
  expect(read.value('penumbra_queue_ranges', { state: 'waiting' })).toBe(3);
});

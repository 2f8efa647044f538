import { expect, test } from 'vitest';
import { readStateFigures } from '../../../src/gateway/metrics/state-figures.js';
import { EMPTY_RECORD } from '../../../src/state/key-record.js';
import type { Kv, KvEntry } from '../../../src/state/kv.js';
import { Passes } from '../../../src/state/passes/passes.js';
import { systemClock } from '../../../src/system/clock.js';
import { bucketNamed } from '../../state/records.js';

const TOMBSTONE = JSON.stringify({
  ...EMPTY_RECORD,
  tombstone: { generation: 'g', since: 1, shadowDelete: 'done', epoch: 1, attempts: 0, nextAttempt: 0 },
});

/** A state whose bucket never runs out of tombstones. */
function endless() {
  const asked = { pages: 0 };
  const entry = (prefix: string, number: number): KvEntry => ({
    key: `${prefix}${String(number).padStart(9, '0')}`,
    value: TOMBSTONE,
    version: '1',
  });
  const kv = {
    get: async () => null,
    list: async ({ prefix = '', limit = 1 }) => {
      if (!prefix.startsWith('key/')) return [];
      asked.pages += 1;
      return Array.from({ length: limit }, (_, i) => entry(prefix, asked.pages * limit + i));
    },
  } as Partial<Kv> as Kv;
  return { kv, asked };
}

test('a reading looks at 100,000 keys of all buckets together, in pieces, and says that there are more', async () => {
  const { kv, asked } = endless();
  const slept: number[] = [];
  const clock = {
    ...systemClock,
    sleep: async (ms: number) => {
      slept.push(ms);
    },
  };
  const figures = await readStateFigures(
    {
      kv,
      registry: {
        buckets: () => ['a', 'b'].map((name) => bucketNamed(name, { id: name, forgetting: true })),
      },
      leases: { live: async () => [] },
      jobRecords: { list: async () => ({ items: [] }) },
      passes: new Passes(kv, clock),
      delivery: { lengths: async () => ({ waiting: 0, active: 0 }) },
      clock,
    },
    new AbortController().signal,
  );
  const [one, other] = figures.buckets;
  expect(one?.keys).toMatchObject({ tombstones: 100_000, isWhole: false });
  expect(other?.keys).toMatchObject({ tombstones: 0, isWhole: false });
  expect(asked.pages).toBeLessThan(110);
  expect(slept).toHaveLength(100);
});

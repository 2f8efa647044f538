import { expect, it } from 'vitest';
import { createMemoryBackend } from '../../../src/backends/memory/memory.js';
import { atBucket } from '../../../src/filters/at-bucket.js';
import { planPass } from '../../../src/sweep/plan/plan-pass.js';
import { systemClock } from '../../../src/system/clock.js';
import { StoreClient } from '../../support/store-client.js';

const signal = new AbortController().signal;

async function storeOf(count: number) {
  const service = atBucket('bucket')(createMemoryBackend({ name: 'store', clock: systemClock }).service);
  const store = new StoreClient(service, 'bucket');
  await store.ask('PUT', '');
  for (let index = 0; index < count; index += 1) await store.put(`k${String(index).padStart(5, '0')}`, 'xx');
  return service;
}

it('an empty bucket is one range', async () => {
  expect(await planPass(await storeOf(0), { prefix: '', signal })).toMatchObject({
    ranges: [{ objects: 0 }],
    objects: 0,
    isExact: true,
  });
});

it.each([
  [999, 1],
  [1_000, 1],
  [1_001, 2],
  [20_000, 16],
])('a bucket of %i objects is listed and cut in %i ranges without a hole', async (count, pieces) => {
  const { ranges, objects, meanBytes, isExact } = await planPass(await storeOf(count), {
    prefix: '',
    signal,
  });
  expect([ranges.length, objects, meanBytes, isExact]).toEqual([pieces, count, 2, true]);
  expect(ranges.map(({ after }) => after)).toEqual([
    undefined,
    ...ranges.slice(0, -1).map(({ upTo }) => upTo),
  ]);
  expect(ranges.at(-1)?.upTo).toBeUndefined();
  expect(ranges.reduce((sum, range) => sum + range.objects, 0)).toBe(count);
});

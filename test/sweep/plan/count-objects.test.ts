import { expect, it } from 'vitest';
import { keyShapes } from '../../../bench/procedural/key-shapes.js';
import { proceduralStore } from '../../../bench/procedural/procedural-store.js';
import { createMemoryBackend } from '../../../src/backends/memory/memory.js';
import { atBucket } from '../../../src/filters/at-bucket.js';
import type { S3Service } from '../../../src/s3/message.js';
import { countObjects } from '../../../src/sweep/plan/count-objects.js';
import { systemClock } from '../../../src/system/clock.js';
import { StoreClient } from '../../support/store-client.js';

const { signal } = new AbortController();
const isLate = () => false;

async function storeOf(count: number) {
  const service = atBucket('bucket')(createMemoryBackend({ name: 'store', clock: systemClock }).service);
  const store = new StoreClient(service, 'bucket');
  await store.ask('PUT', '');
  for (let index = 0; index < count; index += 1) await store.put(`k${String(index).padStart(5, '0')}`, 'xx');
  return service;
}

it('a small bucket is listed, and its sample is from all over it', async () => {
  const counted = await countObjects(await storeOf(1_500), { sampleSize: 64, isLate, signal });
  expect(counted).toMatchObject({ objects: 1_500, bytes: 3_000, isExact: true, basis: 'listed', largest: 2 });
  const keys = counted.sample.map(({ key }) => key);
  expect([keys.length, keys[0], keys[1], keys.at(-1)]).toEqual([47, 'k00000', 'k00032', 'k01472']);
});

it('an empty bucket has nothing', async () => {
  const counted = await countObjects(await storeOf(0), { sampleSize: 64, isLate, signal });
  expect(counted).toMatchObject({ objects: 0, bytes: 0, isExact: true, sample: [], largest: 0 });
});

it('a larger bucket is planned like a sweep, and its sample is from all over it, too', async () => {
  const options = { sampleSize: 64, listed: 1_000, isLate, signal };
  const counted = await countObjects(await storeOf(5_000), options);
  expect(counted).toMatchObject({ objects: 5_000, bytes: 10_000, isExact: true });
  expect(counted.basis).toMatch(/^listed, \d+ list calls$/);
  expect(counted.sample.length).toBeGreaterThan(30);
  expect(counted.sample.length).toBeLessThanOrEqual(64);
});

it('what was seen until there was no more time is told as a lower bound', async () => {
  const stop = new AbortController();
  const service = await storeOf(3_000);
  let calls = 0;
  const counted = await countObjects(
    async (request) => {
      calls += 1;
      if (calls === 3) stop.abort();
      request.signal.throwIfAborted();
      return service(request);
    },
    { sampleSize: 8, isLate, signal: stop.signal },
  );
  expect(counted).toMatchObject({ objects: 2_000, isExact: false });
  expect(counted.basis).toBe('there was no time to list more than 2000 objects, so these are lower bounds');
});

it('a store that cannot be listed is told as such', async () => {
  const refusing = async () => ({ status: 403, headers: {} });
  await expect(countObjects(refusing, { sampleSize: 8, isLate, signal })).rejects.toThrow(
    'the store answered 403 to a listing',
  );
});

it('a very large bucket is estimated by what is known when time is up', async () => {
  const [shape] = keyShapes(1_000_000);
  if (!shape) throw new Error('there are no shapes');
  let calls = 0;
  const counting: S3Service = (request) => {
    calls += 1;
    return proceduralStore(shape).service(request);
  };
  const counted = await countObjects(counting, { sampleSize: 8, listed: 1, isLate: () => true, signal });
  expect(calls).toBeLessThan(400);
  expect(counted.basis).toMatch(
    /^estimated from \d+ list calls, which saw \d+ objects, as time allowed; where directories differ/,
  );
  expect(counted.isExact).toBe(false);
}, 60_000);

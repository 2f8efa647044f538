import { expect, it, onTestFinished } from 'vitest';
import { BackendUnavailable } from '../../../src/backends/backend.js';
import { Meters } from '../../../src/gateway/metrics/meters.js';
import { combinedRecent, historyOf, RecentMeters } from '../../../src/gateway/recent/recent.js';
import { healthOf } from '../../../src/gateway/recent/store-health.js';
import type { S3Request } from '../../../src/s3/message.js';
import type { BucketRecord } from '../../../src/state/buckets.js';
import { KvUnavailable } from '../../../src/state/kv.js';
import { createLogger } from '../../../src/system/logger.js';
import { ManualClock } from '../../support/manual-clock.js';

const shadow = { since: 'then', rung: 'read-through', aim: 'read-through' };
const PHOTOS = { name: 'photos', id: 'id-1', shadow } as unknown as BucketRecord;
const GET = {
  operation: 'GetObject',
  key: 'a',
  signal: new AbortController().signal,
} as unknown as S3Request;

/** One process that looks at what it counts, while the test lets time pass. */
function watching() {
  const clock = new ManualClock();
  const meters = new Meters(() => clock.now());
  let [buckets, objects, isOutOfReach] = [[PHOTOS], 0, false];
  const recent = new RecentMeters({
    meters,
    buckets: () => buckets,
    async copied() {
      if (isOutOfReach) throw new KvUnavailable('away');
      return { run: 'one', sweep: { objects, bytes: 0 }, reads: { objects: 0, bytes: 0 } };
    },
    clock,
    log: createLogger({ level: 'silent' }),
  });
  recent.start();
  onTestFinished(() => recent.close());
  const meter = meters.requests.ofBucket(PHOTOS);
  return {
    meters,
    recent,
    async pass(ms: number) {
      clock.advance(ms);
      await new Promise((resolve) => setImmediate(resolve));
    },
    read(source: string, status = 200, operation: 'GetObject' | 'PutObject' = 'GetObject') {
      const headers = { 'x-penumbra-source': source };
      const times = { firstByteMs: 1, endMs: 1, bytesIn: 0, bytesOut: 0 };
      meter.note({ operation, key: 'a', status, headers, isRefused: false, isBrokenOff: false, ...times });
    },
    copy(more: number) {
      objects += more;
    },
    points: () => recent.read({ history: historyOf(PHOTOS) }).points,
    away(is: boolean) {
      isOutOfReach = is;
    },
    leave() {
      buckets = [];
    },
  };
}

it('remembers every 5 s what was copied of a bucket, and what its reads were served from', async () => {
  const { pass, read, copy, points } = watching();
  await pass(5_000);
  for (const source of ['target', 'target', 'shadow']) read(source);
  read('none', 404);
  read('target', 200, 'PutObject');
  copy(7);
  await pass(5_000);
  expect(points()).toMatchObject([
    { sweep: { objects: 0 }, served: { target: 0, shadow: 0, none: 0 } },
    { sweep: { objects: 7 }, served: { target: 2, shadow: 1, none: 1 } },
  ]);
  expect((points()[1]?.at ?? 0) - (points()[0]?.at ?? 0)).toBe(5_000);
});

it('loses no read while the state is out of reach, and forgets a bucket that has moved', async () => {
  const { pass, read, points, away, leave } = watching();
  await pass(5_000);
  away(true);
  read('target');
  await pass(5_000);
  expect(points()).toHaveLength(1);
  away(false);
  read('target');
  await pass(5_000);
  expect(points().map(({ served }) => served.target)).toEqual([0, 2]);
  leave();
  await pass(5_000);
  expect(points()).toEqual([]);
});

it('sees which stores answer, how fast, and which shadows are not asked', async () => {
  const { meters, recent, pass } = watching();
  const filter = (backend: string) => meters.aroundStore({ backend, side: 'target' });
  await filter('disk')(async () => ({ status: 503, headers: {} }))(GET);
  const lost = filter('cloud')(async () => Promise.reject(new BackendUnavailable('cloud', 'timeout', true)));
  await expect(lost(GET)).rejects.toThrow('timeout');
  meters.breakers.ofShadow('photos', 'cloud').set(true);
  await pass(5_000);
  const both = combinedRecent([recent.read({}), recent.read({})]);
  expect(both.processes).toBe(2);
  expect(healthOf(both.stores)).toMatchObject([
    {
      name: 'cloud',
      isReachable: false,
      failure: { reason: 'timeout' },
      breakers: [{ bucket: 'photos', isOpen: true }],
    },
    { name: 'disk', isReachable: true, failure: undefined, firstByte: { count: 2 }, breakers: [] },
  ]);
});

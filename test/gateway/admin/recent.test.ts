import { expect, it, onTestFinished } from 'vitest';
import { NotTold } from '../../../src/gateway/inquiries.js';
import type { Point } from '../../../src/gateway/recent/bucket-history.js';
import { historyOf, type Recent } from '../../../src/gateway/recent/recent.js';
import { type FixtureOptions, SHADOW, startAdmin } from './fixture.js';

const AT = Date.UTC(2026, 0, 1);
const NOTHING: Recent = { processes: 2, stores: [], points: [] };

async function adminWith(recent: FixtureOptions['recent']) {
  const admin = await startAdmin({ ...(recent && { recent }) });
  onTestFinished(() => admin.close());
  return admin;
}

it('the health of stores is told with what failed last, latencies and breakers, and by whom', async () => {
  const breakers = [{ bucket: 'photos', isOpen: true }];
  const firstByte = [0, 0, 0, 4];
  const down = { downSince: AT, downAt: AT + 5_000, failure: { at: AT + 5_000, reason: 'connect' } };
  const stores = [
    { name: 'local-disk', answeredAt: AT, upSince: AT, firstByte, breakers: [] },
    { name: 'local-disk', firstByte, breakers: [] },
    { name: 'cloud', ...down, firstByte: [], breakers },
  ];
  const admin = await adminWith(async () => ({ ...NOTHING, stores }));
  expect((await admin.ask('GET', '/backends/health')).json).toEqual({
    gateway: 'here',
    processes: 2,
    stores: [
      {
        name: 'cloud',
        reachable: false,
        since: '2026-01-01T00:00:00.000Z',
        last_answer: null,
        last_failure: { at: '2026-01-01T00:00:05.000Z', reason: 'connect' },
        first_byte: null,
        shadows: [{ bucket: 'photos', breaker: 'open' }],
      },
      {
        name: 'local-disk',
        reachable: true,
        since: '2026-01-01T00:00:00.000Z',
        last_answer: '2026-01-01T00:00:00.000Z',
        last_failure: null,
        first_byte: { count: 8, p50_ms: 7.5, p99_ms: 10 },
        shadows: [],
      },
    ],
  });
});

it('the history of a bucket is that of the shadow that it has', async () => {
  const copies = { objects: 3, bytes: 30 };
  const served = { target: 2, shadow: 1, none: 0 };
  const point: Point = { at: AT, run: 'one', sweep: copies, reads: copies, served };
  const asked: unknown[] = [];
  const admin = await adminWith(async ({ history }) => {
    asked.push(history);
    return { ...NOTHING, points: [point] };
  });
  await admin.ask('POST', '/buckets', { body: { name: 'photos', shadow: SHADOW } });
  expect((await admin.ask('GET', '/buckets/photos/history')).json).toEqual({
    gateway: 'here',
    processes: 2,
    points: [{ ...point, at: '2026-01-01T00:00:00.000Z' }],
  });
  const record = await admin.deps.buckets.get('photos');
  expect(asked).toEqual([record && historyOf(record)]);

  await admin.ask('POST', '/buckets', { body: { name: 'alone' } });
  expect((await admin.ask('GET', '/buckets/alone/history')).status).toBe(409);
  expect((await admin.ask('GET', '/buckets/none/history')).status).toBe(404);
});

it('a backend that nobody has asked yet is neither reachable nor not', async () => {
  const admin = await adminWith(async () => NOTHING);
  expect((await admin.ask('GET', '/backends/health')).json.stores).toEqual([
    {
      ...{ name: 'local-disk', reachable: null, since: null, last_answer: null, last_failure: null },
      ...{ first_byte: null, shadows: [] },
    },
  ]);
});

it('neither is told by half, where a process of the gateway does not tell', async () => {
  const admin = await adminWith(() => Promise.reject(new NotTold('worker 12 was not read')));
  const error = { code: 'unavailable', message: 'worker 12 was not read' };
  expect(await admin.ask('GET', '/backends/health')).toMatchObject({ status: 503, json: { error } });
});

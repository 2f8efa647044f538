import { createRoute } from '@hono/zod-openapi';
import type { Point } from '../recent/bucket-history.js';
import { historyOf } from '../recent/recent.js';
import { healthOf, type StoreHealth } from '../recent/store-health.js';
import type { AdminDependencies } from './dependencies.js';
import { findShadowedBucket } from './find-bucket.js';
import { isoTime } from './iso-time.js';
import {
  type BucketHistoryJson,
  bucketHistory,
  type StoreHealthJson,
  storesHealth,
} from './recent-schemas.js';
import { jsonAnswer, nameParameter, refusals } from './route-parts.js';
import { createRouter } from './router.js';

const healthRoute = createRoute({
  method: 'get',
  path: '/backends/health',
  summary: 'How the stores are that this gateway asks: its backends, and endpoints of buckets and shadows',
  responses: { 200: jsonAnswer(storesHealth, 'As it was seen lately, nothing is tried'), ...refusals },
});

const historyRoute = createRoute({
  method: 'get',
  path: '/buckets/{name}/history',
  summary: 'What was copied of a bucket in the last ten minutes, and from where reads were served',
  request: { params: nameParameter },
  responses: { 200: jsonAnswer(bucketHistory, 'Points 5 s apart, by time'), ...refusals },
});

type RecentDependencies = Pick<AdminDependencies, 'backends' | 'buckets' | 'gateway' | 'recent'>;

export function recentRoutes({ backends, buckets, gateway, recent }: RecentDependencies) {
  return createRouter()
    .openapi(healthRoute, async (c) => {
      const { processes, stores } = await recent({});
      const unseen = backends.all().map(({ backend: { name } }) => ({ name, firstByte: [], breakers: [] }));
      return c.json({ gateway, processes, stores: healthOf([...stores, ...unseen]).map(healthJson) }, 200);
    })
    .openapi(historyRoute, async (c) => {
      const record = await findShadowedBucket(buckets, c.req.valid('param').name);
      const { processes, points } = await recent({ history: historyOf(record) });
      return c.json({ gateway, processes, points: points.map(pointJson) }, 200);
    });
}

function healthJson({
  name,
  isReachable,
  since,
  answeredAt,
  failure,
  firstByte,
  breakers,
}: StoreHealth): StoreHealthJson {
  return {
    name,
    reachable: isReachable ?? null,
    since: isoTime(since),
    last_answer: isoTime(answeredAt),
    last_failure: failure ? { at: new Date(failure.at).toISOString(), reason: failure.reason } : null,
    first_byte: firstByte
      ? { count: firstByte.count, p50_ms: rounded(firstByte.p50Ms), p99_ms: rounded(firstByte.p99Ms) }
      : null,
    shadows: breakers.map(({ bucket, isOpen }) => ({ bucket, breaker: isOpen ? 'open' : 'closed' })),
  };
}

const rounded = (ms: number): number => Math.round(ms * 10) / 10;

const pointJson = ({ at, run, sweep, reads, served }: Point): BucketHistoryJson['points'][number] => ({
  at: new Date(at).toISOString(),
  run,
  sweep: { ...sweep },
  reads: { ...reads },
  served: { ...served },
});

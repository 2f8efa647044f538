import { createRoute } from '@hono/zod-openapi';
import type { AdminDependencies } from './dependencies.js';
import { assertNoJob, findShadowedBucket } from './find-bucket.js';
import { namedKeys, namedSoFar, namedSweep, pass } from './pass-schemas.js';
import { passJson, toSettings } from './pass-views.js';
import { jsonAnswer, jsonBody, nameParameter, refusals } from './route-parts.js';
import { createRouter } from './router.js';

const startRoute = createRoute({
  method: 'post',
  path: '/buckets/{name}/sweep/named',
  summary: 'Begin a sweep of keys that are named, or go on with one of the same list',
  request: { params: nameParameter, body: jsonBody(namedSweep) },
  responses: { 202: jsonAnswer(pass, 'How far it is'), ...refusals },
});

const keysRoute = createRoute({
  method: 'post',
  path: '/buckets/{name}/sweep/named/keys',
  summary: 'Name the next keys',
  request: { params: nameParameter, body: jsonBody(namedKeys) },
  responses: { 200: jsonAnswer(namedSoFar, 'How many have come'), ...refusals },
});

/** Sweeps of what a manifest names, in place of all that the shadow lists. */
export function namedKeyRoutes({
  buckets,
  migrations,
  clock,
}: Pick<AdminDependencies, 'buckets' | 'migrations' | 'clock'>) {
  return createRouter()
    .openapi(startRoute, async (c) => {
      const record = await findShadowedBucket(buckets, c.req.valid('param').name);
      assertNoJob(record);
      const { digest, keys, bytes, ...settings } = c.req.valid('json');
      await migrations.passes.startNamed(record, { digest, keys, bytes }, toSettings(settings));
      return c.json(passJson(await migrations.progress(record, 'sweep'), clock.now()), 202);
    })
    .openapi(keysRoute, async (c) => {
      const record = await findShadowedBucket(buckets, c.req.valid('param').name);
      const { run, from, keys, is_last: isLast } = c.req.valid('json');
      const soFar = await migrations.passes.addKeys(record, { run, from, keys, isLast });
      return c.json({ keys: soFar.keys, is_full: soFar.isFull }, 200);
    });
}

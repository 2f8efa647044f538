import { createRoute } from '@hono/zod-openapi';
import type { AdminDependencies } from './dependencies.js';
import { findShadowedBucket } from './find-bucket.js';
import { jsonAnswer, nameParameter, refusals } from './route-parts.js';
import { createRouter } from './router.js';
import { sweep } from './schemas.js';
import { sweepJson } from './views.js';

const startRoute = createRoute({
  method: 'post',
  path: '/buckets/{name}/sweep',
  summary: 'Copy what only the shadow has, in the background',
  request: { params: nameParameter },
  responses: { 202: jsonAnswer(sweep, 'It runs'), ...refusals },
});

const progressRoute = createRoute({
  method: 'get',
  path: '/buckets/{name}/sweep',
  summary: 'How far the background copy is',
  request: { params: nameParameter },
  responses: { 200: jsonAnswer(sweep, 'The running or the last one'), ...refusals },
});

export function sweepRoutes({ buckets, migrations }: Pick<AdminDependencies, 'buckets' | 'migrations'>) {
  return createRouter()
    .openapi(startRoute, async (c) => {
      const record = await findShadowedBucket(buckets, c.req.valid('param').name);
      await migrations.passes.start(record, 'sweep');
      return c.json(sweepJson(await migrations.progress(record, 'sweep')), 202);
    })
    .openapi(progressRoute, async (c) => {
      const record = await findShadowedBucket(buckets, c.req.valid('param').name);
      return c.json(sweepJson(await migrations.progress(record, 'sweep')), 200);
    });
}

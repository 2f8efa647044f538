import { createRoute } from '@hono/zod-openapi';
import { mustBe } from '../rules.js';
import type { AdminDependencies } from './dependencies.js';
import { findBucket } from './find-bucket.js';
import { jsonAnswer, nameParameter, pageQuery, refusals } from './route-parts.js';
import { createRouter } from './router.js';
import { losses as lossesSchema } from './schemas.js';
import { lossesJson } from './views.js';

const PLACE_RULE = mustBe('`next` of the page before');

const lossesRoute = createRoute({
  method: 'get',
  path: '/buckets/{name}/losses',
  summary: 'What copies could not keep of their sources, the newest 1,000 first',
  request: {
    params: nameParameter,
    query: pageQuery.extend({
      after: pageQuery.shape.after
        .unwrap()
        .regex(/^\d{1,15}$/, PLACE_RULE)
        .optional(),
    }),
  },
  responses: { 200: jsonAnswer(lossesSchema, 'One page'), ...refusals },
});

export function lossRoutes({ buckets, losses }: Pick<AdminDependencies, 'buckets' | 'losses'>) {
  return createRouter().openapi(lossesRoute, async (c) => {
    const { id } = await findBucket(buckets, c.req.valid('param').name);
    const { after, limit } = c.req.valid('query');
    const page = await losses.page(id, { limit, ...(after !== undefined && { before: Number(after) }) });
    return c.json(lossesJson(page), 200);
  });
}

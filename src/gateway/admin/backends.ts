import { createRoute, z } from '@hono/zod-openapi';
import type { AdminDependencies } from './dependencies.js';
import { jsonAnswer, refusals } from './route-parts.js';
import { createRouter } from './router.js';
import { backend } from './schemas.js';
import { backendJson } from './views.js';

const listRoute = createRoute({
  method: 'get',
  path: '/backends',
  summary: 'The declared backends',
  responses: { 200: jsonAnswer(z.object({ backends: z.array(backend) }), 'Without their keys'), ...refusals },
});

export function backendRoutes({
  backends,
  defaultBackend,
}: Pick<AdminDependencies, 'backends' | 'defaultBackend'>) {
  return createRouter().openapi(listRoute, (c) => {
    const declared = [...backends.values()].map((one) => backendJson(one, defaultBackend));
    return c.json({ backends: declared }, 200);
  });
}

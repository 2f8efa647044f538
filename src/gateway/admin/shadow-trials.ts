import { createRoute, z } from '@hono/zod-openapi';
import { mustBe } from '../rules.js';
import { assertBackend, tryFirstShadow, tryShadow } from './bucket-changes.js';
import type { AdminDependencies } from './dependencies.js';
import { jsonAnswer, jsonBody, refusals } from './route-parts.js';
import { createRouter } from './router.js';
import { bucketName, shadowInput } from './schemas.js';

const shadowTrial = z
  .strictObject({
    bucket: bucketName.openapi({ description: 'one that exists, or is to be created' }),
    backend: z
      .string(mustBe('the name of a declared backend'))
      .optional()
      .openapi({ description: 'of a bucket that is to be created' }),
    shadow: shadowInput,
  })
  .openapi('ShadowTrial');

const tryRoute = createRoute({
  method: 'post',
  path: '/shadow-trials',
  summary: 'Find out by trying whether a bucket can be moved from a shadow, and change nothing',
  request: { body: jsonBody(shadowTrial) },
  responses: { 200: jsonAnswer(z.object({ ok: z.literal(true) }), 'It can'), ...refusals },
});

/** Shadows tried before they are set; what does not work is told as it is when they are. */
export function shadowTrialRoutes(deps: AdminDependencies) {
  return createRouter().openapi(tryRoute, async (c) => {
    const { bucket: name, backend = deps.defaultBackend, shadow } = c.req.valid('json');
    const record = await deps.buckets.get(name);
    if (record) await tryShadow(record, shadow, deps);
    else {
      await assertBackend(backend, deps);
      await tryFirstShadow(shadow, { name, target: { backend, bucket: name } }, deps);
    }
    return c.json({ ok: true as const }, 200);
  });
}

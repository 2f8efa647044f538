import { randomBytes } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import { JobRefused } from '../../jobs/refused.js';
import type { BucketRecord } from '../../state/buckets.js';
import { isOfBackend } from '../../state/place.js';
import { findBackend } from './backend-changes.js';
import type { AdminDependencies } from './dependencies.js';
import { AdminError } from './errors.js';
import { jobName } from './job-name.js';
import { migrateInput } from './job-schemas.js';
import { limitsOf } from './pass-limits.js';
import { jsonAnswer, nameParameter, optionalBody, refusals, withoutBody } from './route-parts.js';
import { createRouter } from './router.js';

const { verify, force, limits, writes } = migrateInput.shape;

const rotation = z
  .strictObject({
    writes: writes.removeDefault().default('live').openapi({
      description:
        'live: clients write all along; gate: writes to each bucket are answered 503 SlowDown until it has changed over',
    }),
    verify,
    force,
    limits,
  })
  .openapi('Rotation');

const begunRotation = z
  .object({
    backend: z.string(),
    key_id: z.string().nullable().openapi({ description: 'what objects are encrypted with from now on' }),
    jobs: z.array(z.object({ id: z.string(), bucket: z.string(), target_bucket: z.string() })),
    refused: z.array(z.object({ bucket: z.string(), reason: z.string() })),
  })
  .openapi('BegunRotation');

export type BegunRotationJson = z.infer<typeof begunRotation>;

const rotateRoute = createRoute({
  method: 'post',
  path: '/backends/{name}/rotate',
  summary:
    'Encrypt all objects of a backend anew, by the key that it writes with now: each bucket moves to another one there',
  request: { params: nameParameter, body: optionalBody(rotation) },
  responses: { 202: jsonAnswer(begunRotation, 'A job for each bucket'), ...refusals },
});

type Dependencies = Pick<AdminDependencies, 'backends' | 'buckets' | 'jobs'>;

/** Rotation of the keys of a backend: what a job writes anew is encrypted with the key of today, and where it was nothing is left. */
export function rotateRoutes(deps: Dependencies) {
  const router = createRouter();
  router.use('/backends/:name/rotate', withoutBody);
  return router.openapi(rotateRoute, async (c) => {
    const { backend, encryption } = await findBackend(c.req.valid('param').name, deps);
    if (encryption === undefined || encryption.mode === 'none')
      throw new AdminError(
        409,
        'not_encrypted',
        `backend "${backend.name}" is not encrypted: it has no keys`,
      );
    // Nobody has looked at a body that is not there.
    const given: Partial<z.infer<typeof rotation>> = c.req.valid('json') ?? {};
    const { writes, verify, force, limits } = { ...rotation.parse({}), ...given };
    const settings = { writes, verify, force, limits: limitsOf(limits ?? {}), deleteSource: true };
    const begun = { jobs: [] as BegunRotationJson['jobs'], refused: [] as BegunRotationJson['refused'] };
    for (const record of await bucketsAt(backend.name, deps)) {
      const to = { backend: backend.name, bucket: freshName(record.name) };
      try {
        const wish = { to, ...settings, trigger: `rotation of the keys of ${backend.name}` };
        const { id } = await deps.jobs.start(record, wish);
        begun.jobs.push({ id: jobName(id), bucket: record.name, target_bucket: to.bucket });
      } catch (error) {
        if (!(error instanceof JobRefused)) throw error;
        begun.refused.push({ bucket: record.name, reason: error.message });
      }
    }
    const keyId = 'keyId' in encryption ? (encryption.keyId ?? null) : null;
    return c.json({ backend: backend.name, key_id: keyId, ...begun }, 202);
  });
}

/** Those of whose objects some are there. */
async function bucketsAt(backend: string, { buckets }: Dependencies): Promise<BucketRecord[]> {
  const found: BucketRecord[] = [];
  for await (const record of buckets.all())
    if ([record.target, record.shadow?.place].some((place) => isOfBackend(place, backend)))
      found.push(record);
  return found;
}

/** S3's longest name of a bucket. */
const MAX_NAME = 63;

/** Of a bucket that is not there: each rotation leaves the one before. */
function freshName(bucket: string): string {
  const suffix = randomBytes(4).toString('hex');
  return `${bucket.slice(0, MAX_NAME - suffix.length - 1)}-${suffix}`;
}

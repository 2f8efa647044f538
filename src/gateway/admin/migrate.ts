import { createRoute, z } from '@hono/zod-openapi';
import { JobRefused } from '../../jobs/refused.js';
import type { BucketRecord } from '../../state/buckets.js';
import { type Place, samePlace } from '../../state/place.js';
import { hasEnded } from '../../system/own-process.js';
import { preflight } from '../preflight/preflight.js';
import { mustBe } from '../rules.js';
import type { AdminDependencies } from './dependencies.js';
import { AdminError } from './errors.js';
import { findBucket } from './find-bucket.js';
import { jobName } from './job-name.js';
import { begunMigration, type MigrateInput, migrateInput } from './job-schemas.js';
import { storeName } from './job-views.js';
import { limitsOf } from './pass-limits.js';
import { preflight as preflightSchema } from './preflight-schemas.js';
import { preflightJson } from './preflight-views.js';
import { jsonAnswer, jsonBody, nameParameter, refusals } from './route-parts.js';
import { createRouter } from './router.js';

const PRICE_RULE = mustBe('the price of a thousand requests, 0 or more');

const migrateRoute = createRoute({
  method: 'post',
  path: '/buckets/{name}/migrate',
  summary: 'Move a bucket to another backend',
  request: {
    params: nameParameter,
    query: z.object({
      dry_run: z
        .enum(['true', 'false'], mustBe('"true" or "false"'))
        .default('false')
        .openapi({ description: 'find out what it would take, and change nothing' }),
      price_per_1000: z.coerce
        .number(PRICE_RULE)
        .min(0, PRICE_RULE)
        .optional()
        .openapi({ description: 'of requests, with dry_run: what it would cost' }),
    }),
    body: jsonBody(migrateInput),
  },
  responses: {
    200: jsonAnswer(preflightSchema, 'With dry_run: what it would take'),
    202: jsonAnswer(begunMigration, 'The job that does it'),
    ...refusals,
  },
});

type Dependencies = Pick<
  AdminDependencies,
  'buckets' | 'backends' | 'stores' | 'jobs' | 'leases' | 'clock' | 'draining'
>;

/** Begins jobs that move buckets, and tells beforehand what that takes. */
export function migrateRoutes(deps: Dependencies) {
  const { buckets, jobs } = deps;
  return createRouter().openapi(migrateRoute, async (c) => {
    const input = c.req.valid('json');
    const { dry_run, price_per_1000: pricePer1000 } = c.req.valid('query');
    const record = await findBucket(buckets, c.req.valid('param').name);
    const { name: bucket, target: from } = record;
    const to = await placeOf(input, record, deps);
    if (dry_run === 'true') {
      const obstacles = [
        ...(await refusalOf(jobs.assertMovable(record, to))),
        ...(input.force ? [] : await outOfTouch(deps)),
      ];
      const wish = { ...settingsOf(input), from, to, region: deps.backends.get(to.backend)?.region };
      const signal = AbortSignal.any([c.req.raw.signal, deps.draining]);
      const found = await preflight(wish, { ...deps, signal });
      return c.json(preflightJson(found, { bucket, from, to, obstacles, pricePer1000 }), 200);
    }
    const [late] = input.force ? [] : await outOfTouch(deps);
    if (late !== undefined) throw new AdminError(409, 'gateway_out_of_touch', late);
    const job = await jobs.start(record, { to, ...settingsOf(input), trigger: 'api' });
    const [from_backend, to_backend] = [storeName(from), storeName(to)];
    return c.json({ job_id: job.id, id: jobName(job.id), bucket, from_backend, to_backend }, 202);
  });
}

/** @throws AdminError 400 for a backend that is not there, and for where the bucket is already */
async function placeOf(
  { target_backend: backend, target_bucket }: MigrateInput,
  { name, target }: BucketRecord,
  { backends }: Dependencies,
): Promise<Extract<Place, { backend: string }>> {
  if (!(await backends.find(backend))) {
    const known = backends.names().join(', ');
    throw new AdminError(400, 'no_such_backend', `target_backend "${backend}" must be one of ${known}`);
  }
  const to = { backend, bucket: target_bucket ?? name };
  if (!samePlace(target, to)) return to;
  throw new AdminError(400, 'same_target', `bucket "${name}" is at backend "${backend}" already`);
}

/** What keeps the bucket from being moved now, in words. */
async function refusalOf(asserted: Promise<void>): Promise<string[]> {
  try {
    await asserted;
    return [];
  } catch (error) {
    if (error instanceof JobRefused) return [error.message];
    throw error;
  }
}

/** Why a job would wait, its gate closed: the places of a bucket change once nobody may read from the old one without knowing. */
async function outOfTouch({ leases }: Dependencies): Promise<string[]> {
  const live = new Set((await leases.live()).map(({ id }) => id));
  const readers = await leases.readers();
  return readers
    .filter(({ id, process }) => !live.has(id) && !(process && hasEnded(process)))
    .map(
      ({ id }) =>
        `gateway ${id} is out of touch and may still be reading, so that a job would wait for it (force, if it is gone for good)`,
    );
}

const settingsOf = (input: MigrateInput) => ({
  deleteSource: input.delete_source,
  writes: input.writes,
  onExisting: input.on_existing,
  verify: input.verify,
  force: input.force,
  limits: limitsOf(input.limits ?? {}),
});

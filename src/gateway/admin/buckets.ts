import { createRoute, z } from '@hono/zod-openapi';
import type { BucketRecord } from '../../state/buckets.js';
import { changeBucket, createBucket } from './bucket-changes.js';
import type { AdminDependencies } from './dependencies.js';
import { findBucket } from './find-bucket.js';
import { jsonAnswer, jsonBody, nameParameter, pageQuery, refusals, toPageQuery } from './route-parts.js';
import { createRouter } from './router.js';
import { bucket, bucketChanges, bucketStatus, changedBucket, createdBucket, newBucket } from './schemas.js';
import { accessKeyJson, bucketJson, migrationJson, proofJson, switchingJson } from './views.js';

/** How long a status counts before it answers with what it saw. */
const STATUS_DEADLINE_MS = 10_000;

/** What clients sign for: any region is accepted. */
const REGION = 'auto';

const listRoute = createRoute({
  method: 'get',
  path: '/buckets',
  summary: 'The buckets, by name',
  request: { query: pageQuery.extend({ org: z.string().optional() }) },
  responses: {
    200: jsonAnswer(z.object({ buckets: z.array(bucket), next: z.string().nullable() }), 'One page'),
    ...refusals,
  },
});

const createBucketRoute = createRoute({
  method: 'post',
  path: '/buckets',
  summary: 'Create a bucket and an access key for it',
  request: { body: jsonBody(newBucket) },
  responses: { 201: jsonAnswer(createdBucket, 'The only answer that has the secret'), ...refusals },
});

const getRoute = createRoute({
  method: 'get',
  path: '/buckets/{name}',
  summary: 'The settings of a bucket',
  request: { params: nameParameter },
  responses: { 200: jsonAnswer(bucket, 'The settings'), ...refusals },
});

const changeRoute = createRoute({
  method: 'patch',
  path: '/buckets/{name}',
  summary: 'Change the settings of a bucket',
  request: { params: nameParameter, body: jsonBody(bucketChanges) },
  responses: { 200: jsonAnswer(changedBucket, 'The settings now'), ...refusals },
});

const destroyRoute = createRoute({
  method: 'delete',
  path: '/buckets/{name}',
  summary: 'Remove an empty bucket and its access keys',
  request: { params: nameParameter },
  responses: { 204: { description: 'Removed' }, ...refusals },
});

const statusRoute = createRoute({
  method: 'get',
  path: '/buckets/{name}/status',
  summary: 'The settings of a bucket and how far its migration is',
  request: { params: nameParameter },
  responses: { 200: jsonAnswer(bucketStatus, 'The status'), ...refusals },
});

export function bucketRoutes(deps: AdminDependencies) {
  const { buckets, lifecycle, migrations, losses, switching, jobs, publicUrl, clock } = deps;
  const shown = async (record: BucketRecord) =>
    bucketJson(record, record.job && (await jobs.get(record.job.id)));

  return createRouter()
    .openapi(listRoute, async (c) => {
      const { org, ...page } = c.req.valid('query');
      const { items, next = null } = await buckets.list(toPageQuery(page));
      const ofOrg = items.filter((record) => org === undefined || record.org === org);
      return c.json({ buckets: await Promise.all(ofOrg.map(shown)), next }, 200);
    })
    .openapi(createBucketRoute, async (c) => {
      const { record, accessKey } = await createBucket(c.req.valid('json'), deps);
      const { access_key_id } = accessKeyJson(accessKey);
      const secret_access_key = accessKey.secretAccessKey;
      const endpoint = publicUrl ?? null;
      return c.json(
        { ...bucketJson(record), endpoint, region: REGION, access_key_id, secret_access_key },
        201,
      );
    })
    .openapi(getRoute, async (c) =>
      c.json(await shown(await findBucket(buckets, c.req.valid('param').name)), 200),
    )
    .openapi(changeRoute, async (c) => {
      const { record, proof } = await changeBucket(c.req.valid('param').name, c.req.valid('json'), deps);
      return c.json({ ...(await shown(record)), proof: proof ? proofJson(proof) : null }, 200);
    })
    .openapi(destroyRoute, async (c) => {
      const { name } = await findBucket(buckets, c.req.valid('param').name);
      await lifecycle.destroyBucket(name);
      return c.body(null, 204);
    })
    .openapi(statusRoute, async (c) => {
      const record = await findBucket(buckets, c.req.valid('param').name);
      const status =
        record.shadow === null ? undefined : await migrations.overview(record, STATUS_DEADLINE_MS);
      const switched = switchingJson(await switching.state(record));
      const lost = [...(await losses.counts(record.id))];
      const migration = migrationJson(status, clock.now());
      return c.json({ ...(await shown(record)), migration, losses: lost, switching: switched }, 200);
    });
}

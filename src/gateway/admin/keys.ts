import { createRoute, z } from '@hono/zod-openapi';
import type { AdminDependencies } from './dependencies.js';
import { AdminError } from './errors.js';
import { findBucket } from './find-bucket.js';
import { jsonAnswer, jsonBody, nameParameter, pageQuery, refusals, toPageQuery } from './route-parts.js';
import { createRouter } from './router.js';
import { accessKey, createdAccessKey, newAccessKey } from './schemas.js';
import { accessKeyJson } from './views.js';

const keyPage = z.object({ keys: z.array(accessKey), next: z.string().nullable() });

const listRoute = createRoute({
  method: 'get',
  path: '/keys',
  summary: 'The access keys of all buckets',
  request: { query: pageQuery },
  responses: { 200: jsonAnswer(keyPage, 'Access keys, without their secrets'), ...refusals },
});

const listOfBucketRoute = createRoute({
  method: 'get',
  path: '/buckets/{name}/keys',
  summary: 'The access keys of a bucket',
  request: { params: nameParameter, query: pageQuery },
  responses: { 200: jsonAnswer(keyPage, 'Access keys, without their secrets'), ...refusals },
});

const createKeyRoute = createRoute({
  method: 'post',
  path: '/buckets/{name}/keys',
  summary: 'Make an access key for a bucket',
  request: { params: nameParameter, body: jsonBody(newAccessKey) },
  responses: { 201: jsonAnswer(createdAccessKey, 'The only answer that has the secret'), ...refusals },
});

const revokeRoute = createRoute({
  method: 'delete',
  path: '/keys/{id}',
  summary: 'Revoke an access key',
  request: { params: z.object({ id: z.string() }) },
  responses: { 204: { description: 'Revoked' }, ...refusals },
});

export function keyRoutes({ accessKeys, buckets }: Pick<AdminDependencies, 'accessKeys' | 'buckets'>) {
  return createRouter()
    .openapi(listRoute, async (c) => {
      const { items, next = null } = await accessKeys.list(toPageQuery(c.req.valid('query')));
      return c.json({ keys: items.map(accessKeyJson), next }, 200);
    })
    .openapi(listOfBucketRoute, async (c) => {
      const { name: bucket } = await findBucket(buckets, c.req.valid('param').name);
      const { items, next = null } = await accessKeys.list({ ...toPageQuery(c.req.valid('query')), bucket });
      return c.json({ keys: items.map(accessKeyJson), next }, 200);
    })
    .openapi(createKeyRoute, async (c) => {
      const { name: bucket } = await findBucket(buckets, c.req.valid('param').name);
      const key = await accessKeys.create({ bucket, role: c.req.valid('json').role });
      return c.json({ ...accessKeyJson(key), secret_access_key: key.secretAccessKey }, 201);
    })
    .openapi(revokeRoute, async (c) => {
      const { id } = c.req.valid('param');
      if (!(await accessKeys.delete(id))) throw new AdminError(404, 'no_such_key', `no access key "${id}"`);
      return c.body(null, 204);
    });
}

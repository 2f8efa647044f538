import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { ACCESS_SCHEMES, requireAccess } from './access.js';
import { audited } from './audit/audited.js';
import { auditRoutes } from './audit/routes.js';
import { backendRoutes } from './backends.js';
import { bucketRoutes } from './buckets.js';
import { comparisonRoutes } from './comparisons.js';
import type { AdminDependencies } from './dependencies.js';
import { AdminError, errorHandler } from './errors.js';
import { jobEventRoutes } from './job-events.js';
import { jobRoutes } from './jobs.js';
import { keyRoutes } from './keys.js';
import { lossRoutes } from './losses.js';
import { migrateRoutes } from './migrate.js';
import { namedKeyRoutes } from './named-keys.js';
import { objectRoutes } from './objects.js';
import { passRoutes } from './passes.js';
import { recentRoutes } from './recent.js';
import { rotateRoutes } from './rotate.js';
import { createRouter } from './router.js';
import { sessionRoutes } from './session.js';
import { shadowTrialRoutes } from './shadow-trials.js';
import { tokenRoutes } from './tokens.js';

/** Where the gateway serves it. */
export const ADMIN_PATH = '/_/api/admin';

const MAX_BODY_BYTES = 64 * 1024;

const DOCUMENT = {
  openapi: '3.1.0',
  info: { title: 'Penumbra admin API', version: '1' },
  servers: [{ url: ADMIN_PATH }],
  security: [{ session: [] }, { token: [] }],
};

/** The admin API: log in, or come with a token; then buckets, their shadows, access keys and backends. Its document needs neither. */
export function createAdminApp(deps: AdminDependencies) {
  const app = createRouter();
  app.onError(errorHandler(deps.log));
  app.use(limitBody, requireJsonWrites);
  app.route('/', sessionRoutes(deps));
  for (const [name, scheme] of Object.entries(ACCESS_SCHEMES))
    app.openAPIRegistry.registerComponent('securitySchemes', name, scheme);
  app.doc31('/openapi.json', DOCUMENT);
  app.use(requireAccess(deps), audited(deps));
  for (const routes of [
    bucketRoutes,
    shadowTrialRoutes,
    keyRoutes,
    backendRoutes,
    recentRoutes,
    rotateRoutes,
    tokenRoutes,
    passRoutes,
    namedKeyRoutes,
    lossRoutes,
    comparisonRoutes,
    objectRoutes,
    migrateRoutes,
    // Before `/jobs/{id}`, which would take `events` for a job.
    jobEventRoutes,
    jobRoutes,
    auditRoutes,
  ])
    app.route('/', routes(deps));
  app.all('*', (c) => {
    throw new AdminError(404, 'no_such_route', `no ${c.req.method} ${c.req.path} in the admin API`);
  });
  return app;
}

/**
 * A page of another site can send forms with the browser's cookies, but no JSON and no DELETE. A POST that has neither a body nor an Origin is of no
 * browser (Fetch, "append a request `Origin` header": every POST of theirs has one).
 */
const requireJsonWrites = createMiddleware(async (c, next) => {
  const type = c.req.header('content-type');
  const isBare = type === undefined && c.req.header('origin') === undefined && isEmpty(c);
  const isForm = c.req.method === 'POST' && !isBare && !/^application\/json\b/i.test(type ?? '');
  if (isForm) throw new AdminError(415, 'not_json', 'Content-Type must be application/json');
  await next();
});

/** A body in chunks has no length; those are refused before. */
const isEmpty = (c: Context): boolean => Number(c.req.header('content-length') ?? 0) === 0;

/** By the announced length, which HTTP holds a client to. */
const limitBody = createMiddleware(async (c, next) => {
  if (c.req.header('transfer-encoding') !== undefined) {
    throw new AdminError(411, 'length_required', 'a body must come with its Content-Length');
  }
  if (Number(c.req.header('content-length') ?? 0) > MAX_BODY_BYTES) {
    throw new AdminError(413, 'body_too_large', `a body must have at most ${MAX_BODY_BYTES} bytes`);
  }
  await next();
});

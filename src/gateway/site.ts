import type { IncomingMessage } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import { type RequestIdVariables, requestId } from 'hono/request-id';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import { type AccessLog, isNoted } from './access-log.js';
import { ADMIN_PATH, type createAdminApp } from './admin/app.js';
import type { Listener } from './http-server.js';
import type { createMetricsApp } from './metrics/app.js';
import { METRICS_PATH } from './metrics/listen.js';
import { remoteOf } from './remote-address.js';
import { serveConsole } from './web/serve-console.js';

/** No bucket can have the name `_`, so nothing of S3 begins with it, but for the keys of virtual-hosted requests. */
export const SITE_PREFIX = '/_/';

export interface SiteOptions {
  readonly health: Hono;
  readonly admin: ReturnType<typeof createAdminApp>;
  readonly accessLog?: AccessLog | undefined;
  readonly metrics: ReturnType<typeof createMetricsApp>;
  /** Where the web console was built. */
  readonly consoleFolder: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** All that the gateway serves besides S3: health, metrics, the admin API and the web console. */
export function createSite(options: SiteOptions): Listener {
  const { health, admin, metrics, consoleFolder, accessLog, clock, log } = options;
  const app = new Hono<SiteEnv>()
    .use(requestId(), noteRequests({ accessLog, clock, log }))
    .route('/_/health', health)
    .route(ADMIN_PATH, admin)
    .route(METRICS_PATH, metrics)
    .get(`${SITE_PREFIX}*`, serveConsole(consoleFolder))
    .notFound((c) => c.json({ error: { code: 'not_found', message: `nothing at ${c.req.path}` } }, 404))
    .onError((error, c) => {
      log.error({ err: error, requestId: c.get('requestId') }, 'request failed');
      return c.json({ error: { code: 'internal_error', message: 'the gateway failed' } }, 500);
    });
  const serve = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return function serveSite(incoming, outgoing) {
    if (incoming.headers.expect?.toLowerCase() === '100-continue') outgoing.writeContinue();
    void serve(incoming, outgoing);
  };
}

/** Whether a request is for the site, by its raw target: a path that is normalised might name another resource. */
export function isForSite({ url = '', headers }: IncomingMessage, domain: string | undefined): boolean {
  if (!url.startsWith(SITE_PREFIX)) return false;
  const host = headers.host?.replace(/:\d*$/, '').toLowerCase();
  return domain === undefined || !host?.endsWith(`.${domain}`);
}

interface SiteEnv {
  Variables: RequestIdVariables;
  Bindings: Partial<HttpBindings>;
}

type LogOptions = Pick<SiteOptions, 'accessLog' | 'clock' | 'log'>;

function noteRequests({ accessLog = 'all', clock, log }: LogOptions) {
  return createMiddleware<SiteEnv>(async (c, next) => {
    const startedAt = clock.now();
    await next();
    if (!isNoted(accessLog, () => c.res.status >= 400)) return;
    const { method, path } = c.req;
    const incoming = c.env?.incoming;
    const line = {
      requestId: c.get('requestId'),
      remote: incoming && remoteOf(incoming),
      method,
      path,
      status: c.res.status,
      ms: clock.now() - startedAt,
    };
    log.info(line, 'request');
  });
}

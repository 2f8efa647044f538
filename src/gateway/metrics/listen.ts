import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { type HttpServer, type HttpServerOptions, listen } from '../http-server.js';
import { createMetricsApp, type MetricsAppOptions } from './app.js';

/** Where a gateway and a worker without one tell their metrics. */
export const METRICS_PATH = '/_/metrics';

/** Listens for Prometheus alone. @throws ConfigError when the certificate cannot be served */
export function listenForMetrics(
  server: Omit<HttpServerOptions, 'listener'>,
  options: MetricsAppOptions,
): Promise<HttpServer> {
  const app = new Hono()
    .route(METRICS_PATH, createMetricsApp(options))
    .notFound((c) =>
      c.json({ error: { code: 'not_found', message: `nothing here but ${METRICS_PATH}` } }, 404),
    );
  const serve = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  return listen({ ...server, listener: (incoming, outgoing) => void serve(incoming, outgoing) });
}

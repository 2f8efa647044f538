import { join } from 'node:path';
import type { JobDriver } from '../jobs/driver.js';
import type { Jobs } from '../jobs/jobs.js';
import type { Engine } from '../sweep/passes/engine.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import { PACKAGE_ROOT } from '../system/package-root.js';
import { createAccount } from './account.js';
import { createAdminApp } from './admin/app.js';
import type { Migrations } from './admin/dependencies.js';
import { createAdmission } from './admission.js';
import { auditedByS3 } from './audit-own.js';
import { createAuthenticator } from './authenticate.js';
import type { Backends } from './backends.js';
import { createBucketLifecycle, type KeylessLifecycle } from './bucket-lifecycle.js';
import type { BucketRoutes } from './bucket-routes.js';
import { createComparisons } from './comparisons.js';
import type { Config } from './config.js';
import type { ClearingWhenDrained } from './drained.js';
import { createHealthApp } from './health.js';
import type { Listener } from './http-server.js';
import type { Measured } from './inquiries.js';
import { createMetricsApp } from './metrics/app.js';
import type { Measuring } from './metrics/measuring.js';
import type { Meters } from './metrics/meters.js';
import { probeShadow } from './probe.js';
import { probeBackend } from './probe-backend.js';
import { probeConditionalWrites } from './probe-conditional-writes.js';
import { probeTrailingChecksums } from './probe-trailing-checksums.js';
import type { RecentMeters } from './recent/recent.js';
import { createS3Edge } from './s3-edge.js';
import { createSite, isForSite } from './site.js';
import type { State } from './state.js';
import { openBackend } from './storage.js';
import type { Stores } from './stores.js';
import type { RunningSwitching, Switching } from './switching/switching.js';
import type { Tracing } from './tracing/tracing.js';
import type { Traffic } from './traffic.js';

/** What requests are served from. */
export interface GatewayParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts when the gateway begins to close. */
  readonly draining: AbortSignal;
  readonly state: State;
  readonly backends: Backends;
  readonly stores: Stores;
  readonly routes: BucketRoutes;
  readonly passEngine: Engine;
  readonly migrations: Migrations;
  readonly switching: RunningSwitching;
  readonly drained: ClearingWhenDrained;
  readonly jobs: Jobs;
  readonly jobDriver: JobDriver;
  /** Of S3 clients. */
  readonly traffic: Traffic;
  readonly meters: Meters;
  readonly tracing: Tracing | undefined;
  readonly measuring: Measuring;
  readonly recent: RecentMeters;
  /** What all processes have measured that serve as this gateway. */
  readonly measured: Measured;
  /** All metrics, in the text format of Prometheus. */
  readonly scrape: () => Promise<string>;
}

/** The listener for all requests: the raw target decides whether one is for the gateway's own site or S3. */
export function createListener(parts: GatewayParts): Listener {
  const { config, clock, log, state, backends, stores, traffic } = parts;
  const lifecycle = createBucketLifecycle({
    ...state,
    backends,
    stores,
    defaultBackend: config.defaultBackend,
    probeConditionalWrites,
    probeTrailingChecksums,
    clock,
    log,
  });
  const serveSite = createOwnSite(parts, lifecycle);
  const serveS3 = traffic.counting(createEdge(parts, lifecycle));
  return (incoming, outgoing) =>
    isForSite(incoming, config.domain) ? serveSite(incoming, outgoing) : serveS3(incoming, outgoing);
}

function createEdge(
  { config, clock, log, state, routes, meters, tracing }: GatewayParts,
  lifecycle: KeylessLifecycle,
): Listener {
  const { registry, lease, audit } = state;
  const account = createAccount({
    ...auditedByS3(
      {
        createBucket: (bucket) => lifecycle.createKeylessBucket({ ...bucket, org: null, public: false }),
        destroyBucket: lifecycle.destroyBucket,
      },
      audit,
    ),
    listBuckets: () => registry.buckets(),
  });
  const authenticator = createAuthenticator({ root: config.root, registry, clock });
  const { domain, publicUrl, tls } = config;
  return createS3Edge({
    authenticator,
    admit: createAdmission({ routes, account, lease }),
    domain,
    publicUrl,
    isTls: tls !== undefined,
    accessLog: config.accessLog,
    meters,
    tracing,
    clock,
    log,
  });
}

function createOwnSite(parts: GatewayParts, lifecycle: KeylessLifecycle): Listener {
  const {
    config,
    clock,
    log,
    state,
    backends,
    stores,
    routes,
    migrations,
    switching,
    jobs,
    measured,
    scrape,
    draining,
  } = parts;
  const { defaultBackend, publicUrl, tls } = config;
  const admin = createAdminApp({
    ...state,
    backends,
    openBackend: (declared) => openBackend(declared, config.times, clock),
    stores,
    defaultBackend,
    lifecycle,
    probes: {
      probeShadow: (shadow, target) => probeShadow(shadow, target, { stores, clock }),
      probeConditionalWrites,
      probeTrailingChecksums,
    },
    probeBackend: (storage, bucket) => probeBackend(storage, { bucket, clock }),
    migrations,
    comparisons: createComparisons(routes, draining),
    switching: until(draining, switching),
    jobs,
    gateway: state.id,
    recent: (of) => measured.recent(of),
    draining,
    ...(publicUrl !== undefined && { publicUrl }),
    isTls: tls !== undefined,
    clock,
    log,
  });
  const health = createHealthApp({
    kv: state.kv,
    backends: () => backends.all().map(({ backend }) => backend),
    isDraining: () => draining.aborted,
    isInTouch: () => !state.lease.tenure.isOver(),
    clock,
  });
  const metrics = createMetricsApp({ token: config.metricsToken, scrape });
  const consoleFolder = join(PACKAGE_ROOT, 'dist/console');
  return createSite({ health, admin, metrics, consoleFolder, accessLog: config.accessLog, clock, log });
}

/** Switches that nobody waits for once the gateway begins to close: they go on by themselves. */
const until = (draining: AbortSignal, switching: Switching): Switching => ({
  ...switching,
  settled: (bucket, signal) => switching.settled(bucket, AbortSignal.any([signal, draining])),
});

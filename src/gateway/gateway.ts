import { join } from 'node:path';
import { JobDriver } from '../jobs/driver.js';
import { Jobs } from '../jobs/jobs.js';
import type { BucketRecord } from '../state/buckets.js';
import type { Kv } from '../state/kv.js';
import { Passes } from '../state/passes/passes.js';
import type { Delivery } from '../sweep/delivery/delivery.js';
import { deliverInProcess } from '../sweep/delivery/in-process.js';
import { type Clock, systemStopwatch } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import { createListener, type GatewayParts } from './assembly.js';
import { noteJobs } from './audit-own.js';
import { Backends } from './backends.js';
import { openRoute } from './bucket-route.js';
import { createBucketRoutes } from './bucket-routes.js';
import { type Config, JOB_DRAIN_MS, readBackend } from './config.js';
import { createConnections } from './connections.js';
import { ClearingWhenDrained } from './drained.js';
import { type HttpServer, listen } from './http-server.js';
import type { Measured } from './inquiries.js';
import { createJobMoves } from './job-moves.js';
import { listenForMetrics, METRICS_PATH } from './metrics/listen.js';
import { createMeasuring, exposed } from './metrics/measuring.js';
import { Meters } from './metrics/meters.js';
import { readStateFigures } from './metrics/state-figures.js';
import { StateGauges } from './metrics/state-gauges.js';
import { StateSurvey } from './metrics/state-survey.js';
import { createMigrations } from './migrations.js';
import { startPassEngine } from './pass-engine.js';
import { copiedOf } from './recent/copied.js';
import { RecentMeters } from './recent/recent.js';
import type { Shedding } from './shedding.js';
import { openState } from './state.js';
import { openBackend, openBackends, type StorageBackend } from './storage.js';
import { createStores } from './stores.js';
import { startSwitching } from './switching/switching.js';
import type { Tenure } from './switching/tenure.js';
import { openTracing } from './tracing/tracing.js';
import { Traffic } from './traffic.js';

export interface GatewayOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** The storage by name, in place of what the configuration declares. */
  readonly storage?: ReadonlyMap<string, StorageBackend>;
  /** The state, in place of what the configuration names. */
  readonly kv?: Kv;
  /** What all processes have measured that serve as one; what this one has, unless given. */
  readonly measuredByAll?: Measured;
  /** Of a worker: closes connections of which it has more than the others. */
  readonly shedding?: Shedding;
}

export interface Gateway {
  readonly url: string;
  readonly port: number;
  /** The admin password, when this start has made it. */
  readonly adminPassword: string | undefined;
  /** What this process has measured. */
  readonly measured: Measured;
  /** Accepts no more, lets requests and copies under way end for at most 30 s, then closes everything. */
  close(): Promise<void>;
}

const GRACE_MS = 30_000;

/** Opens state and storage and serves them. Throws what keeps it from starting, with nothing left open. */
export const startGateway = (config: Config, options: GatewayOptions): Promise<Gateway> =>
  started(config, options, async (parts) => {
    const server = await listen({ ...config, ...options, listener: createListener(parts) });
    parts.recent.start();
    const { port } = server;
    return { server, running: { url: urlOf(config, port), port, measured: measuredBy(parts) } };
  });

/** A process that works on passes, and that others count with as with a gateway. */
export interface PassWorker extends Pick<Gateway, 'adminPassword' | 'close'> {
  /** Of this process, among all that share the state. */
  readonly id: string;
  /** Where its metrics are, if it tells them. */
  readonly metricsUrl: string | undefined;
}

/** A gateway without a socket for clients: it works on passes alone. Throws what keeps it from starting, with nothing left open. */
export const startPassWorker = (config: Config, options: GatewayOptions): Promise<PassWorker> =>
  started(config, options, async (parts) => {
    const server = await listenAsWorker(parts);
    const metricsUrl = server && `${urlOf(config, server.port)}${METRICS_PATH}`;
    return { server, running: { id: parts.state.id, metricsUrl } };
  });

interface Begun<T> {
  readonly server: HttpServer | undefined;
  readonly running: T;
}

async function started<T>(
  config: Config,
  options: GatewayOptions,
  begin: (parts: GatewayParts) => Promise<Begun<T>>,
): Promise<T & Pick<Gateway, 'adminPassword' | 'close'>> {
  const draining = new AbortController();
  const parts = await openParts(config, options, draining.signal);
  try {
    const { server, running } = await begin(parts);
    return {
      ...running,
      adminPassword: parts.state.adminPassword,
      async close() {
        draining.abort();
        await drain(parts, server);
      },
    };
  } catch (error) {
    await drain(parts);
    throw error;
  }
}

async function listenAsWorker({ config, clock, log, scrape }: GatewayParts): Promise<HttpServer | undefined> {
  const { host, tls, metricsPort: port, metricsToken: token } = config;
  return port === undefined
    ? undefined
    : listenForMetrics({ host, port, tls, clock, log }, { token, scrape });
}

/** All of a gateway but its socket. Throws what keeps it from starting, with nothing left open. */
export async function openParts(
  config: Config,
  { clock, log, kv: givenKv, storage = openBackends(config, clock), measuredByAll, shedding }: GatewayOptions,
  draining: AbortSignal,
): Promise<GatewayParts> {
  try {
    const state = await openState({ config, clock, log, kv: givenKv });
    const { kv, buckets, losses, copiedByReads, sealer, registry, lease } = state;
    const { times } = config;
    const backends = new Backends({
      declared: storage,
      registry,
      store: state.addedBackends,
      open: ({ name, settings }) => openBackend(readBackend(settings, name), times, clock),
      log,
    });
    const stores = createStores({ backends, clock, times });
    const meters = new Meters(systemStopwatch);
    const tracing = await openTracing({ settings: config.tracing, id: state.id, clock, log });
    const delivery = await openDelivery(config, { clock, log });
    const connections = createConnections({ stores, meters, tracing, clock, log });
    const routing = {
      gateway: lease.id,
      kv,
      buckets,
      losses,
      copiedByReads,
      sealer,
      connections,
      meters,
      tracing,
      clock,
      log,
      times,
    };
    // A route outlives the request that needs it first.
    const detached = tracing?.detached ?? ((work) => work());
    const open = (record: BucketRecord, tenure: Tenure) => detached(() => openRoute(record, tenure, routing));
    const routes = createBucketRoutes({ registry, lease, open, log });
    const traffic = new Traffic();
    const work = {
      clientRequests: () => traffic.underWay,
      delivery,
      folder: join(config.data, 'findings'),
      id: state.id,
    };
    const passEngine = startPassEngine({ routes, kv, ...work, clock, log });
    const migrations = createMigrations({ routes, kv, clock });
    const switching = startSwitching({ ...state, clock, log });
    const passes = new Passes(kv, clock);
    const shared = new StateGauges(meters.buckets);
    const survey = new StateSurvey({
      read: (signal) => readStateFigures({ ...state, passes, delivery, clock }, signal),
      show: (figures) => shared.show(figures),
      clock,
      log,
    });
    const measuring = createMeasuring({
      meters,
      shared,
      survey,
      underWay: () => traffic.underWay,
      shed: () => shedding?.closed ?? 0,
      isInTouch: () => !lease.tenure.isOver(),
    });
    const recent = new RecentMeters({
      meters,
      buckets: () => registry.buckets(),
      copied: (record) => copiedOf(record, { migrations, copiedByReads }),
      clock,
      log,
    });
    const measured = measuredByAll ?? measuredBy({ measuring, recent });
    const moves = createJobMoves({ ...state, backends, stores, routes, migrations, switching, clock });
    const jobs = new Jobs({ jobs: state.jobRecords, buckets, passes, moves, clock });
    const jobDriver = new JobDriver({
      jobs: state.jobRecords,
      ...{ buckets, passes, moves, clock, log, id: state.id },
      noted: noteJobs(state.audit),
      drainMs: config.drainMs ?? JOB_DRAIN_MS,
      times,
    });
    jobDriver.start();
    const drained = new ClearingWhenDrained({ ...state, migrations, switching, clock, log });
    drained.start();
    return {
      config,
      clock,
      log,
      draining,
      state,
      backends,
      stores,
      routes,
      passEngine,
      migrations,
      switching,
      drained,
      jobs,
      jobDriver,
      traffic,
      meters,
      tracing,
      measuring,
      recent,
      measured,
      scrape: async () => exposed(await measured.metrics({ shared: true })),
    };
  } catch (error) {
    await closeStorage(storage);
    throw error;
  }
}

/** BullMQ is loaded only where there is a Redis, as is its client. */
async function openDelivery(
  { redis }: Config,
  options: Pick<GatewayOptions, 'clock' | 'log'>,
): Promise<Delivery> {
  if (redis === undefined) return deliverInProcess(options.log);
  const { deliverByQueue } = await import('../sweep/delivery/bullmq.js');
  return deliverByQueue(redis, options);
}

const measuredBy = ({ measuring, recent }: Pick<GatewayParts, 'measuring' | 'recent'>): Measured => ({
  metrics: measuring.read,
  recent: async (of) => recent.read(of),
});

/** Lets what is under way end for a time, then closes everything. */
export async function drain(parts: GatewayParts, server?: HttpServer): Promise<void> {
  const late = new AbortController();
  const deadline = parts.clock.after(GRACE_MS, () => late.abort());
  const swept = parts.passEngine.close();
  await server?.close(late.signal);
  await closeParts(parts, late.signal);
  await swept;
  deadline.cancel();
}

/** Each of them needs those after it. */
async function closeParts(parts: GatewayParts, late: AbortSignal): Promise<void> {
  const { drained, jobDriver, switching, routes, backends, state, measuring, recent, tracing } = parts;
  await recent.close();
  await measuring.close();
  await drained.stop();
  await jobDriver.stop();
  await switching.stop();
  const mayApply = await routes.close(late);
  await tracing?.close();
  await backends.close();
  await state.close({ release: !mayApply });
}

async function closeStorage(storage: ReadonlyMap<string, StorageBackend>): Promise<void> {
  await Promise.all([...storage.values()].map(({ backend }) => backend.close()));
}

function urlOf({ host, tls }: Config, port: number): string {
  return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

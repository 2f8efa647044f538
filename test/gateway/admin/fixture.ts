import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend } from '../../../src/backends/backend.js';
import { createAdminApp } from '../../../src/gateway/admin/app.js';
import type {
  AdminDependencies,
  AdminSessions,
  BucketLifecycle,
  MigrationStatus,
  Migrations,
  Probes,
} from '../../../src/gateway/admin/dependencies.js';
import { createAudit } from '../../../src/gateway/audit.js';
import { CHECKS, type Check, type CheckName } from '../../../src/gateway/backend-report.js';
import { Backends } from '../../../src/gateway/backends.js';
import type { Comparisons } from '../../../src/gateway/comparisons.js';
import { readBackend } from '../../../src/gateway/config.js';
import { createMigrations } from '../../../src/gateway/migrations.js';
import { openBackend, type StorageBackend } from '../../../src/gateway/storage.js';
import { createStores } from '../../../src/gateway/stores.js';
import { Jobs } from '../../../src/jobs/jobs.js';
import { createAccessKeyStore } from '../../../src/state/access-keys.js';
import { createAdminSessions } from '../../../src/state/admin.js';
import { AdminTokenStore } from '../../../src/state/admin-tokens.js';
import { AuditLog } from '../../../src/state/audit-log.js';
import { createBackendStore } from '../../../src/state/backends.js';
import { createBucketStore } from '../../../src/state/buckets.js';
import { CopyLosses } from '../../../src/state/copy-losses.js';
import { GatewayLeases } from '../../../src/state/gateway-leases.js';
import { JobStore } from '../../../src/state/jobs/job-store.js';
import type { Kv } from '../../../src/state/kv.js';
import { openLmdbKv } from '../../../src/state/lmdb-kv.js';
import { Passes } from '../../../src/state/passes/passes.js';
import { placeId } from '../../../src/state/place.js';
import { createRegistry } from '../../../src/state/registry.js';
import { createSealer } from '../../../src/state/sealing.js';
import { systemClock } from '../../../src/system/clock.js';
import { createLogger } from '../../../src/system/logger.js';
import { TIMES } from '../../../src/system/times.js';
import { type PlayedSwitching, playedSwitching } from './played-switching.js';

export const PASSWORD = 'correct horse battery staple';

export const SHADOW = {
  endpoint: 'http://legacy.example:9000',
  region: 'us-east-1',
  access_key_id: 'AKIDEXAMPLE',
  secret_access_key: 'wJalrXUtnFEMI',
};

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // The tests look at whatever was answered.
  readonly json: Record<string, unknown>;
}

export interface AdminFixture {
  readonly kv: Kv;
  readonly deps: AdminDependencies;
  readonly switching: PlayedSwitching;
  /** For answers that do not end. */
  readonly app: ReturnType<typeof createAdminApp>;
  readonly jobRecords: JobStore;
  /** From now on, before the next step of each. */
  jobsWaitFor(...whom: string[]): void;
  /** The gateway begins to close. */
  drain(): void;
  /** From now on a probe of any backend finds that this is not so. */
  probeFinds(check: CheckName, reason: string): void;
  /** What the next survey of a bucket says; the rest is 0. */
  migrationIs(status: Partial<MigrationStatus>): void;
  /** What the admin API did to the world, in order. */
  readonly calls: string[];
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface AskOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Without the session that `ask` has otherwise. */
  readonly anonymous?: boolean;
}

const OK = { ok: true, reason: null };

const NOTHING_LEFT: MigrationStatus = {
  objectsTotal: 0,
  objectsDone: 0,
  bytesTotal: 0,
  bytesDone: 0,
  remaining: 0,
  firstRemaining: [],
  drifted: 0,
  firstDrifted: [],
  exact: true,
  sweep: undefined,
  repairs: { count: 0 },
  tombstones: 0,
  copiedByReads: { objects: 0, bytes: 0 },
};

export interface FixtureOptions {
  readonly publicUrl?: string;
  readonly probeShadow?: Probes['probeShadow'];
  /** What the gateway has seen lately; nothing, unless given. */
  readonly recent?: AdminDependencies['recent'];
  /** Declared beside `local-disk`, which answers nothing. */
  readonly backends?: readonly Backend[];
  /** Passwords take a quarter of a second each: only who tests logins has one. */
  readonly password?: string;
}

/** The admin API over real state; what probes and moves objects is played. */
export async function startAdmin(options: FixtureOptions = {}): Promise<AdminFixture> {
  const { publicUrl, probeShadow, password, backends: others = [] } = options;
  const folder = await mkdtemp(join(tmpdir(), 'penumbra-admin-'));
  const kv = await openLmdbKv({ path: folder, clock: systemClock });
  const sealer = createSealer(randomBytes(32));
  const buckets = createBucketStore(kv, sealer);
  const accessKeys = createAccessKeyStore(kv, sealer, systemClock);
  const addedBackends = createBackendStore(kv, sealer);
  const sessions = password === undefined ? oneSession : await realSessions(kv, password);
  const calls: string[] = [];
  const checks = Object.fromEntries(CHECKS.map((check) => [check, OK])) as Record<CheckName, Check>;
  let status = NOTHING_LEFT;

  const lifecycle: BucketLifecycle = {
    async createBucket({ name, org, backend = '', targetBucket = name, public: isPublic, shadow = null }) {
      const createdAt = new Date(systemClock.now()).toISOString();
      const conditionalWrites = { put: true, complete: false, match: true };
      const id = randomUUID();
      const record = {
        name,
        id,
        org,
        target: { backend, bucket: targetBucket },
        public: isPublic,
        createdAt,
        shadow,
        epoch: 0,
        forgetting: false,
        conditionalWrites,
      };
      await buckets.create(record);
      return { record, accessKey: await accessKeys.create({ bucket: name, role: 'admin' }) };
    },
    async destroyBucket(name) {
      await buckets.delete(name);
    },
  };
  const routes = { find: async () => undefined };
  const migrations: Migrations = {
    ...createMigrations({ routes, kv, clock: systemClock }),
    status: async () => status,
    overview: async () => status,
    async forget({ name }) {
      calls.push(`forget the passes over ${name}`);
    },
  };
  const comparisons: Comparisons = {
    report: () => {
      throw new Error('no report is asked for');
    },
    explain: async () => Promise.reject(new Error('no key is asked for')),
    browse: async () => Promise.reject(new Error('no listing is asked for')),
  };
  const switching = playedSwitching(buckets);
  const probes: Probes = {
    probeShadow: async ({ place }, { bucket }) => void calls.push(`probe ${placeId(place)} for ${bucket}`),
    probeConditionalWrites: async () => ({ put: true, complete: true, match: true }),
    probeTrailingChecksums: async () => false,
    ...(probeShadow && { probeShadow }),
  };
  const service = () => Promise.reject(new Error('no object is asked for'));
  const backend: Backend = {
    name: 'local-disk',
    type: 'filesystem',
    service,
    close: () => Promise.resolve(),
  };
  const waiting: string[] = [];
  const moves = {
    assertMovable: async () => undefined,
    hold: async () => [],
    unheardBy: async () => [],
    waitingFor: async () => waiting,
  };
  const jobRecords = new JobStore(kv, sealer);
  const draining = new AbortController();
  const log = createLogger({ level: 'silent' });
  const registry = await createRegistry({ kv, buckets, accessKeys, addedBackends, clock: systemClock, log });
  const backends = new Backends({
    declared: new Map<string, StorageBackend>([
      ['local-disk', { backend, path: '/srv/buckets' }],
      ...others.map((one) => [one.name, { backend: one }] as const),
    ]),
    registry,
    store: addedBackends,
    open: ({ name, settings }) => openBackend(readBackend(settings, name), TIMES, systemClock),
    log,
  });
  const deps: AdminDependencies = {
    ...{
      buckets,
      accessKeys,
      sessions,
      tokens: new AdminTokenStore(kv, systemClock),
      lifecycle,
      migrations,
      comparisons,
      switching,
      probes,
      clock: systemClock,
    },
    losses: new CopyLosses(kv),
    audit: createAudit({
      entries: new AuditLog(kv, systemClock),
      gateway: 'here',
      log: createLogger({ level: 'silent' }),
    }),
    jobs: new Jobs({
      jobs: jobRecords,
      buckets,
      passes: new Passes(kv, systemClock),
      moves,
      clock: systemClock,
    }),
    leases: new GatewayLeases(kv, TIMES),
    gateway: 'here',
    recent: options.recent ?? (async () => ({ processes: 1, stores: [], points: [] })),
    draining: draining.signal,
    backends,
    addedBackends,
    jobRecords,
    openBackend: (declared) => openBackend(declared, TIMES, systemClock),
    probeBackend: async ({ backend: { name } }, bucket) => {
      calls.push(`probe backend ${name} in ${bucket ?? 'a bucket of its own'}`);
      return { checks: { ...checks }, leftBehind: null };
    },
    stores: createStores({ backends, clock: systemClock }),
    defaultBackend: 'local-disk',
    log,
    ...(publicUrl && { publicUrl }),
  };
  const app = createAdminApp(deps);
  const cookie = `penumbra_session=${await sessions.open()}`;

  return {
    kv,
    deps,
    switching,
    app,
    jobRecords,
    jobsWaitFor: (...whom) => void waiting.push(...whom),
    drain: () => draining.abort(),
    calls,
    probeFinds(check, reason) {
      checks[check] = { ok: false, reason };
    },
    migrationIs: (next) => {
      status = { ...NOTHING_LEFT, ...next };
    },
    async ask(method, path, { body, headers, anonymous = false } = {}) {
      const response = await app.request(path, {
        method,
        headers: { 'content-type': 'application/json', ...(!anonymous && { cookie }), ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        json: text === '' ? {} : JSON.parse(text),
      };
    },
    async close() {
      registry.close();
      await backends.close();
      await kv.close();
      await rm(folder, { recursive: true });
    },
  };
}

const oneSession: AdminSessions = {
  verifyPassword: async () => false,
  open: async () => 'the-session',
  isOpen: async (token) => token === 'the-session',
  close: () => Promise.resolve(),
};

async function realSessions(kv: Kv, password: string): Promise<AdminSessions> {
  const sessions = createAdminSessions(kv);
  await sessions.ensurePassword({ given: password });
  return sessions;
}

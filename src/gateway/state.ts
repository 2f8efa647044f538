import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type AccessKeyStore, createAccessKeyStore } from '../state/access-keys.js';
import { type AdminSessions, createAdminSessions } from '../state/admin.js';
import { AdminTokenStore } from '../state/admin-tokens.js';
import { AuditLog } from '../state/audit-log.js';
import { type BackendStore, createBackendStore } from '../state/backends.js';
import { type BucketStore, createBucketStore } from '../state/buckets.js';
import { CopyCounts } from '../state/copy-counts.js';
import { CopyLosses } from '../state/copy-losses.js';
import { JobStore } from '../state/jobs/job-store.js';
import type { Kv } from '../state/kv.js';
import { openLmdbKv } from '../state/lmdb-kv.js';
import { assertMasterKey, loadMasterKey } from '../state/master-key.js';
import { createSealer, type Sealer } from '../state/sealing.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import { ownProcess } from '../system/own-process.js';
import { type Audit, createAudit } from './audit.js';
import type { Config } from './config.js';
import { joinGateways, type Membership } from './switching/membership.js';

/** What outlives the process, opened. */
export interface State extends Membership {
  /** Of this process, among all that share the state. */
  readonly id: string;
  readonly kv: Kv;
  readonly sealer: Sealer;
  readonly buckets: BucketStore;
  readonly accessKeys: AccessKeyStore;
  /** Of those that were added; the configuration declares others. */
  readonly addedBackends: BackendStore;
  readonly sessions: AdminSessions;
  readonly tokens: AdminTokenStore;
  readonly losses: CopyLosses;
  readonly copiedByReads: CopyCounts;
  readonly jobRecords: JobStore;
  readonly audit: Audit;
  /** The admin password, when this start has made it: only its hash is kept. */
  readonly adminPassword: string | undefined;
  /** With `release` other gateways wait for this one no more: nothing of it is under way. */
  close(options: { readonly release: boolean }): Promise<void>;
}

export interface StateOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  /** In place of what is configured. */
  readonly kv?: Kv | undefined;
}

/** Opens Redis or the embedded store, as configured. Throws MasterKeyError when another key sealed its secrets. */
export async function openState(options: StateOptions): Promise<State> {
  const kv = options.kv ?? (await openKv(options));
  try {
    return await loadState(kv, options);
  } catch (error) {
    await kv.close();
    throw error;
  }
}

/** The client of Redis is loaded only where there is one: a gateway without is ready the sooner. */
async function openKv({ config, clock }: StateOptions): Promise<Kv> {
  if (config.redis === undefined) return openLmdbKv({ path: join(config.data, 'state'), clock });
  const { openRedisKv } = await import('../state/redis-kv.js');
  return openRedisKv({ url: config.redis, clock });
}

async function loadState(kv: Kv, options: StateOptions): Promise<State> {
  const { config, clock, log } = options;
  const given = config.masterKey === undefined ? {} : { value: config.masterKey };
  const sealer = createSealer(await loadMasterKey({ ...given, folder: config.data }));
  await assertMasterKey(kv, sealer);
  const buckets = createBucketStore(kv, sealer);
  const accessKeys = createAccessKeyStore(kv, sealer, clock);
  const addedBackends = createBackendStore(kv, sealer);
  const sessions = createAdminSessions(kv);
  const password = config.adminPassword === undefined ? {} : { given: config.adminPassword };
  const adminPassword = await sessions.ensurePassword(password);
  const stores = { kv, buckets, accessKeys, addedBackends, clock, log };
  const id = gatewayId();
  const membership = await joinGateways({ ...stores, id, process: ownProcess(), times: config.times });
  return {
    id,
    kv,
    sealer,
    buckets,
    accessKeys,
    addedBackends,
    sessions,
    tokens: new AdminTokenStore(kv, clock),
    losses: new CopyLosses(kv),
    copiedByReads: new CopyCounts(kv),
    jobRecords: new JobStore(kv, sealer),
    audit: createAudit({ entries: new AuditLog(kv, clock), gateway: id, log }),
    ...membership,
    adminPassword,
    async close(how) {
      await membership.lease.close(how);
      membership.registry.close();
      await kv.close();
    },
  };
}

/** Tells an operator which process it is, and no two gateways have the same. */
const gatewayId = (): string => `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;

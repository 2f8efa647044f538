import type { Logger } from 'pino';
import type { Jobs } from '../../jobs/jobs.js';
import type { AccessKeyRecord, AccessKeyStore } from '../../state/access-keys.js';
import type { AdminSessions as Sessions } from '../../state/admin.js';
import type { AdminTokenStore } from '../../state/admin-tokens.js';
import type { BackendStore } from '../../state/backends.js';
import type { BucketRecord, BucketStore } from '../../state/buckets.js';
import type { CopyCount } from '../../state/copy-counts.js';
import type { CopyLosses } from '../../state/copy-losses.js';
import type { GatewayLeases } from '../../state/gateway-leases.js';
import type { JobStore } from '../../state/jobs/job-store.js';
import type { Pass, PassKind } from '../../state/passes/pass-record.js';
import type { FindingPage } from '../../state/passes/passes.js';
import type { Repairs } from '../../state/tombstone.js';
import type { Alignment } from '../../sweep/align.js';
import type { PassControl } from '../../sweep/passes/control.js';
import type { Progress } from '../../sweep/passes/progress.js';
import type { Survey } from '../../sweep/survey.js';
import type { Clock } from '../../system/clock.js';
import type { Audit } from '../audit.js';
import type { BackendReport } from '../backend-report.js';
import type { Backends } from '../backends.js';
import type { Comparisons } from '../comparisons.js';
import type { BackendConfig } from '../config.js';
import type { Recent, RecentWish } from '../recent/recent.js';
import type { ProbeTarget } from '../scratch-object.js';
import type { StorageBackend } from '../storage.js';
import type { Stores } from '../stores.js';
import type { Switching } from '../switching/switching.js';

export type ShadowRecord = NonNullable<BucketRecord['shadow']>;
export type ConditionalWrites = BucketRecord['conditionalWrites'];

export type BucketRecords = Pick<BucketStore, 'get' | 'list' | 'all' | 'update'>;
export type AccessKeyRecords = Pick<AccessKeyStore, 'list' | 'create' | 'delete'>;
export type AdminSessions = Pick<Sessions, 'verifyPassword' | 'open' | 'isOpen' | 'close'>;

/** How far a bucket is: what the listings of both sides say, and what is owed. Sizes in bytes. */
export interface MigrationStatus extends Survey {
  /** The numbers are those of the sweep: they prove nothing, and may be estimates. */
  readonly bySweep?: true;
  /** The sweep that is under way, or the last one. */
  readonly sweep: Progress | undefined;
  /** Since the shadow was set, as the gateways told it some seconds ago. */
  readonly copiedByReads: CopyCount;
  /** Deletes that the shadow is still owed. */
  readonly repairs: Repairs;
  readonly tombstones: number;
}

/** All but `forget` are only called for buckets that have a shadow. */
export interface Migrations {
  /** Walks for at most `deadlineMs` and says in `exact` whether it saw all; `drift`: whether to look for that, too. */
  status(
    bucket: BucketRecord,
    options: { readonly deadlineMs: number; readonly drift: boolean },
  ): Promise<MigrationStatus>;
  /** As `status`, but a large bucket that was or is being swept is not walked over. */
  overview(bucket: BucketRecord, deadlineMs: number): Promise<MigrationStatus>;
  /** Begins, pauses and ends passes over a bucket. */
  readonly passes: Pick<
    PassControl,
    'start' | 'startNamed' | 'addKeys' | 'pause' | 'resume' | 'stop' | 'configure' | 'retryFailed'
  >;
  /** The pass that is under way, or was the last one; undefined where there was none. */
  pass(bucket: BucketRecord, kind: PassKind): Promise<Pass | undefined>;
  /** How far that is. */
  progress(bucket: BucketRecord, kind: PassKind): Promise<Progress | undefined>;
  /** What it found of single keys, in pages, from the one behind `after`. */
  findings(bucket: BucketRecord, kind: PassKind, after?: string): AsyncGenerator<FindingPage>;
  /** Has both stores show the same of every key, for at most `deadlineMs`, and tells in `isWhole` whether it saw all. */
  align(bucket: BucketRecord, deadlineMs: number): Promise<Alignment>;
  /** Ends the passes over a bucket whose shadow goes, and forgets them. */
  forget(bucket: BucketRecord): Promise<void>;
}

export interface NewBucket {
  readonly name: string;
  readonly org: string | null;
  readonly backend?: string;
  readonly targetBucket?: string;
  readonly public: boolean;
  /** The target bucket is made with object lock, which it cannot be given later on all stores. */
  readonly objectLock?: boolean;
  readonly shadow?: ShadowRecord;
}

/**
 * Throws S3Error with a sentence for the reader when it refuses; nothing is left half-applied. Creating a bucket finds out
 * `trailingChecksums`, and with a shadow `conditionalWrites`, once the target bucket exists.
 */
export interface BucketLifecycle {
  createBucket(bucket: NewBucket): Promise<{ record: BucketRecord; accessKey: AccessKeyRecord }>;
  destroyBucket(name: string): Promise<void>;
}

/** In src/gateway/probe*.ts; they clean up what they wrote. */
export interface Probes {
  /** Throws ShadowRefused with one clear reason when the bucket cannot be moved from this shadow to this target. */
  probeShadow(shadow: ShadowRecord, target: ProbeTarget): Promise<void>;
  /** Finds out by trying what the target does with `If-None-Match: *`. */
  probeConditionalWrites(target: ProbeTarget): Promise<ConditionalWrites>;
  /** Finds out by trying whether a store that is to be written judges checksums that come after the body. */
  probeTrailingChecksums(target: ProbeTarget): Promise<boolean>;
}

export interface AdminDependencies {
  readonly buckets: BucketRecords;
  readonly accessKeys: AccessKeyRecords;
  readonly sessions: AdminSessions;
  readonly tokens: Pick<AdminTokenStore, 'create' | 'list' | 'verify' | 'delete'>;
  readonly backends: Pick<Backends, 'get' | 'find' | 'all' | 'names' | 'isDeclared'>;
  readonly addedBackends: Pick<BackendStore, 'get' | 'create' | 'change' | 'delete'>;
  readonly jobRecords: Pick<JobStore, 'active' | 'get'>;
  /** To be closed by whoever opened it. */
  readonly openBackend: (declared: BackendConfig) => StorageBackend;
  readonly stores: Stores;
  readonly defaultBackend: string;
  readonly lifecycle: BucketLifecycle;
  readonly probes: Probes;
  /** Finds out by trying what a backend can do, in `bucket` or in one that is made for it. */
  readonly probeBackend: (storage: StorageBackend, bucket: string | undefined) => Promise<BackendReport>;
  readonly migrations: Migrations;
  readonly comparisons: Comparisons;
  readonly losses: Pick<CopyLosses, 'counts' | 'page'>;
  readonly switching: Switching;
  readonly jobs: Jobs;
  readonly leases: Pick<GatewayLeases, 'live' | 'readers'>;
  /** The one that answers. */
  readonly gateway: string;
  /** What all processes of this gateway have seen lately. Rejects when one of them does not tell. */
  readonly recent: (of: RecentWish) => Promise<Recent>;
  /** Aborts when the gateway begins to close. */
  readonly draining: AbortSignal;
  /** The address that clients use, when the configuration names one. */
  readonly publicUrl?: string;
  /** Whether the gateway speaks TLS. */
  readonly isTls?: boolean;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly log: Logger;
}

import type { AccessKeyRecord } from '../../state/access-keys.js';
import type { BucketRecord } from '../../state/buckets.js';
import { NO_COPIES } from '../../state/copy-counts.js';
import type { LossPage } from '../../state/copy-losses.js';
import type { JobRecord } from '../../state/jobs/job-record.js';
import { countOf } from '../../state/passes/tally.js';
import { isDeclared, type Place } from '../../state/place.js';
import type { SwitchState } from '../switching/switching.js';
import type { MigrationStatus, ShadowRecord } from './dependencies.js';
import { isoTime } from './iso-time.js';
import { jobName } from './job-name.js';
import { storeName } from './job-views.js';
import { passJson } from './pass-views.js';
import type { Proof } from './proof.js';
import type {
  AccessKeyJson,
  BucketJson,
  LossesJson,
  MigrationJson,
  ProofJson,
  SwitchingJson,
} from './schemas.js';

/**
 * A bucket as the admin API shows it: without the keys of its shadow.
 *
 * @param job the one that has the bucket to itself
 */
export function bucketJson(record: BucketRecord, job?: JobRecord): BucketJson {
  // Its stores may have changed places: until the job has proven the new one, the old one is where the bucket is.
  const home = job && job.flippedAt === undefined ? job.from : record.target;
  return {
    bucket: record.name,
    org: record.org,
    ...targetJson(home),
    public: record.public,
    created_at: record.createdAt,
    shadow: record.shadow === null ? null : shadowJson(record.shadow, record.conditionalWrites),
    job: job ? bucketJobJson(job, record) : null,
  };
}

const bucketJobJson = ({ id, kind, status, phase, to }: JobRecord, { job }: BucketRecord) => ({
  id: jobName(id),
  kind,
  status,
  phase,
  to_backend: storeName(to),
  writes_refused: job?.gates ?? false,
});

const targetJson = (target: Place) => {
  const { backend, endpoint: target_endpoint, region: target_region } = storeJson(target);
  return { backend, target_endpoint, target_region, target_bucket: target.bucket };
};

/** A declared backend, or an endpoint with keys of its own, which are not shown. */
const storeJson = (place: Place) =>
  isDeclared(place)
    ? { backend: place.backend, endpoint: null, region: null }
    : { backend: null, endpoint: place.endpoint, region: place.region };

function shadowJson(shadow: ShadowRecord, conditionalWrites: BucketRecord['conditionalWrites']) {
  return {
    name: shadow.place.bucket,
    prefix: shadow.prefix,
    target_prefix: shadow.targetPrefix,
    ...storeJson(shadow.place),
    write_through: shadow.writeThrough,
    rung: shadow.rung,
    aim: shadow.aim,
    delete: shadow.delete,
    acl: shadow.acl ?? false,
    clear_when_drained: shadow.clearWhenDrained ?? false,
    provenance: shadow.provenance ?? true,
    conditional_writes: conditionalWrites,
  };
}

/** `undefined` for a bucket without a shadow. @param now unix milliseconds */
export function migrationJson(status: MigrationStatus | undefined, now: number): MigrationJson {
  return {
    state: migrationState(status),
    objects_total: status?.objectsTotal ?? 0,
    objects_done: status?.objectsDone ?? 0,
    bytes_total: status?.bytesTotal ?? 0,
    bytes_done: status?.bytesDone ?? 0,
    remaining: status?.remaining ?? 0,
    failed: status?.sweep ? countOf(status.sweep.tally, 'failed').objects : 0,
    copied_by_reads: { ...(status?.copiedByReads ?? NO_COPIES) },
    pending_repairs: status?.repairs.count ?? 0,
    oldest_repair: isoTime(status?.repairs.oldestSince),
    repair_error: status?.repairs.lastError ?? null,
    tombstones: status?.tombstones ?? 0,
    exact: status?.exact ?? true,
    problem: status?.problem ?? null,
    counted_by: status?.bySweep ? 'sweep' : 'listings',
    sweep: status?.sweep ? passJson(status.sweep, now) : null,
  };
}

/** `null` when there is nothing left to switch. */
export function switchingJson(state: SwitchState): SwitchingJson | null {
  if (state.state === 'settled') return null;
  return { rung: state.rung, aim: state.aim, waiting_for: [...state.waitingFor] };
}

function migrationState(status: MigrationStatus | undefined): MigrationJson['state'] {
  if (status === undefined) return 'none';
  return isComplete(status) ? 'complete' : 'migrating';
}

/** Whether the shadow can go without a loss, and owes nothing. */
export function isComplete({ exact, bySweep, remaining, repairs }: MigrationStatus): boolean {
  return exact && bySweep === undefined && remaining === 0 && repairs.count === 0;
}

export function proofJson({ objects, bytes, by, at }: Proof): ProofJson {
  return { objects, bytes, by, at: new Date(at).toISOString() };
}

export function accessKeyJson({ accessKeyId, bucket, role, createdAt }: AccessKeyRecord): AccessKeyJson {
  return { access_key_id: accessKeyId, bucket, role, created_at: createdAt };
}

export function lossesJson({ losses, next }: LossPage): LossesJson {
  return {
    losses: losses.map(({ at, ...loss }) => ({ ...loss, at: new Date(at).toISOString() })),
    next: next === undefined ? null : String(next),
  };
}

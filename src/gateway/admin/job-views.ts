import type { JobProgress, Jobs } from '../../jobs/jobs.js';
import type { JobFailure, JobRecord } from '../../state/jobs/job-record.js';
import { isDeclared, type Place } from '../../state/place.js';
import { jobName } from './job-name.js';
import type { JobFailureJson, JobJson } from './job-schemas.js';

/** How a job is getting on. */
interface JobNow {
  readonly progress: JobProgress;
  readonly waitsFor: readonly string[];
}

/** What is known of a job now. @throws KvUnavailable */
export const shownJob = async (job: JobRecord, jobs: Pick<Jobs, 'progress' | 'waitsFor'>): Promise<JobJson> =>
  jobJson(job, { progress: await jobs.progress(job), waitsFor: await jobs.waitsFor(job) });

/** A job as the admin API shows it: without the keys of its places. */
function jobJson(job: JobRecord, { progress, waitsFor }: JobNow): JobJson {
  const { kind, bucket, from, to, settings } = job;
  const { limits } = settings;
  return {
    id: jobName(job.id),
    kind,
    name: `Move ${bucket}${kind === 'rollback' ? ' back' : ''} to ${storeName(to)}`,
    scope: { bucket },
    trigger: job.trigger,
    status: job.status,
    phase: job.phase,
    percent: progress.percent,
    progress: {
      processed: progress.processed,
      total: progress.total,
      bytes: progress.bytes,
      total_bytes: progress.totalBytes,
      failed: progress.failed,
      skipped: progress.skipped,
    },
    rate: progress.rate ?? null,
    eta_seconds: progress.etaSeconds ?? null,
    waits_for: [...waitsFor],
    created_at: seconds(job.createdAt),
    started_at: secondsOrNull(job.startedAt),
    finished_at: secondsOrNull(job.finishedAt),
    last_error: job.lastError ?? null,
    phases: job.phases.map(({ phase, startedAt, finishedAt }) => ({
      phase,
      started_at: seconds(startedAt),
      finished_at: secondsOrNull(finishedAt),
    })),
    detail: {
      target_backend: storeName(to),
      target_bucket: to.bucket,
      from_backend: storeName(from),
      from_bucket: from.bucket,
      delete_source: settings.deleteSource,
      writes: settings.writes,
      on_existing: settings.onExisting,
      verify: settings.verify,
      max_bandwidth: limits.maxBandwidth ?? null,
      max_requests: limits.maxRequests ?? null,
      window: limits.window ?? null,
      flipped_at: secondsOrNull(job.flippedAt),
      rollback_of: job.rollbackOf === undefined ? null : jobName(job.rollbackOf),
      existing: job.existing ?? null,
      removed: job.removed ?? null,
    },
  };
}

/** The backend of a place, or its endpoint. */
export const storeName = (place: Place): string => (isDeclared(place) ? place.backend : place.endpoint);

const seconds = (ms: number): number => Math.floor(ms / 1_000);

const secondsOrNull = (ms: number | undefined): number | null => (ms === undefined ? null : seconds(ms));

export const failureJson = ({ id, occurredAt, key, error }: JobFailure): JobFailureJson => ({
  id,
  occurred_at: seconds(occurredAt),
  object_key: key,
  error,
});

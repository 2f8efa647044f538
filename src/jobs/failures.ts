import type { JobFailure, JobRecord } from '../state/jobs/job-record.js';
import type { FailurePage, JobStore } from '../state/jobs/job-store.js';
import type { Finding, PassKind } from '../state/passes/pass-record.js';
import type { Passes } from '../state/passes/passes.js';

/** So many failures of a job outlive its passes. */
const MAX_KEPT = 1_000;

interface FailureSources {
  readonly jobs: Pick<JobStore, 'failures'>;
  readonly passes: Passes;
  readonly after?: string | undefined;
}

/** One page: while a pass of the job goes on what that has found so far, else what was kept of the last one. */
export async function failuresOf(
  job: JobRecord,
  { jobs, passes, after }: FailureSources,
): Promise<FailurePage> {
  const kind = passUnderWay(job);
  if (!kind) return jobs.failures(job.id, after);
  const pass = await passes.get(job.bucketId, kind);
  if (!pass || pass.run !== runOf(job, kind)) return { failures: [] };
  for await (const { id, findings } of passes.findings(pass, after))
    return { failures: findings.map((finding, index) => failureOf(finding, `${id}.${index}`)), next: id };
  return { failures: [] };
}

/** The first failures of a pass, as they are kept with the job. @throws KvUnavailable */
export async function firstFailures(job: JobRecord, kind: PassKind, passes: Passes): Promise<JobFailure[]> {
  const pass = await passes.get(job.bucketId, kind);
  const failures: JobFailure[] = [];
  if (!pass || pass.run !== runOf(job, kind)) return failures;
  for await (const { id, findings } of passes.findings(pass)) {
    failures.push(...findings.map((finding, index) => failureOf(finding, `${id}.${index}`)));
    if (failures.length >= MAX_KEPT) break;
  }
  return failures.slice(0, MAX_KEPT);
}

const runOf = ({ copied, verified }: JobRecord, kind: PassKind): string | undefined =>
  (kind === 'sweep' ? copied : verified)?.run;

function passUnderWay({ copied, verified }: JobRecord): PassKind | undefined {
  if (verified && !verified.isOver) return 'verify';
  return copied && !copied.isOver ? 'sweep' : undefined;
}

const failureOf = ({ key, what, reason, at }: Finding, id: string): JobFailure => ({
  id,
  occurredAt: at,
  key,
  error: what === 'failed' ? reason : `${what}: ${reason}`,
});

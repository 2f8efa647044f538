import type { JobRecord, Passed } from '../state/jobs/job-record.js';
import type { PassKind } from '../state/passes/pass-record.js';
import type { Passes } from '../state/passes/passes.js';
import {
  countOf,
  countOfAll,
  NOTHING,
  type Outcome,
  plus,
  type Sum,
  type Tally,
} from '../state/passes/tally.js';
import { type Progress, progressOf } from '../sweep/passes/progress.js';
import type { Clock } from '../system/clock.js';

/** How far a job is. Objects and bytes are those of the copying, and of the verification while that goes on. */
export interface JobProgress {
  readonly total: number;
  readonly processed: number;
  /** Bytes of what was processed, and of all. */
  readonly bytes: number;
  readonly totalBytes: number;
  readonly failed: number;
  /** There already, or deleted by clients meanwhile. */
  readonly skipped: number;
  /** Of the whole job, 0 to 100: copying is the first half, verifying the second. */
  readonly percent: number;
  /** Per second, lately. */
  readonly rate?: Sum;
  /** Of the phase that goes on. */
  readonly etaSeconds?: number;
}

const FAILED: readonly Outcome[] = ['failed', 'drifted', 'different', 'missing', 'extra', 'unverifiable'];
const SKIPPED: readonly Outcome[] = ['present', 'deleted', 'gone'];

/** @throws KvUnavailable */
export async function progressOfJob(job: JobRecord, passes: Passes, clock: Clock): Promise<JobProgress> {
  const copied = await passProgress(job, 'sweep', { passes, clock });
  const verified = await passProgress(job, 'verify', { passes, clock });
  const shown = job.phase === 'verify' && verified ? verified : copied;
  const { tally, total } = shown ?? { tally: { counts: {}, reasons: {} }, total: NOTHING };
  const done = Object.values(tally.counts).reduce((sum, one) => plus(sum, one), NOTHING);
  const live = shown?.live;
  return {
    total: total.objects,
    processed: countOfAll(tally),
    bytes: done.bytes,
    totalBytes: total.bytes,
    failed: countIn(tally, FAILED),
    skipped: countIn(tally, SKIPPED),
    percent: percentOf(job, { copied, verified }),
    ...(live && live.rate.objects > 0 && { rate: live.rate }),
    ...(live?.etaMs !== undefined && { etaSeconds: Math.round(live.etaMs / 1_000) }),
  };
}

interface Shown extends Pick<Passed, 'tally' | 'total' | 'isOver'> {
  readonly live?: Progress;
}

/** Of a pass that is under way what it tells, else what the job has kept of it. */
async function passProgress(
  job: JobRecord,
  kind: PassKind,
  { passes, clock }: { readonly passes: Passes; readonly clock: Clock },
): Promise<Shown | undefined> {
  const kept = kind === 'sweep' ? job.copied : job.verified;
  if (!kept || kept.isOver) return kept;
  const pass = await passes.get(job.bucketId, kind);
  if (pass?.run !== kept.run) return kept;
  const live = await progressOf(pass, passes, clock);
  return { tally: live.tally, total: live.total, isOver: false, live };
}

function percentOf(
  { flippedAt }: JobRecord,
  { copied, verified }: { readonly copied: Shown | undefined; readonly verified: Shown | undefined },
): number {
  if (flippedAt !== undefined) return 100;
  const half = Math.floor(50 * shareOf(copied) + 50 * shareOf(verified));
  return Math.min(half, 99);
}

function shareOf(shown: Shown | undefined): number {
  if (!shown) return 0;
  if (shown.isOver) return 1;
  return shown.total.objects === 0 ? 0 : Math.min(1, countOfAll(shown.tally) / shown.total.objects);
}

export const countIn = (tally: Tally, outcomes: readonly Outcome[]): number =>
  outcomes.reduce((sum, outcome) => sum + countOf(tally, outcome).objects, 0);

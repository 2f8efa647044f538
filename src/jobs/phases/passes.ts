import type { JobRecord, Passed } from '../../state/jobs/job-record.js';
import type { Pass, PassKind, PassSettings } from '../../state/passes/pass-record.js';
import { countOf, type Outcome } from '../../state/passes/tally.js';
import { WRITTEN_EACH_TIME } from '../../sweep/passes/copy-work.js';
import { progressOf } from '../../sweep/passes/progress.js';
import { firstFailures } from '../failures.js';
import { countIn } from '../progress.js';
import type { Step, StepEnd } from '../step.js';
import { gateOpened, inPhase, isFrozen, ungated, withPhaseEnded } from '../transitions.js';
import { isArmed } from './gate.js';

/** What keeps a bucket from changing over, of copying and of verifying. */
const NOT_COPIED: readonly Outcome[] = ['failed', 'drifted'];
const NOT_PROVEN: readonly Outcome[] = ['different', 'missing', 'unverifiable', 'failed'];
/** Where nobody has written there can be none: then somebody else has. A write that failed half-way can leave one, which clients see. */
const FOREIGN: readonly Outcome[] = ['extra'];

/** Copies what only the old place has. */
export async function copy(step: Step): Promise<StepEnd> {
  const { job, control, bucket } = step;
  if (!(await isArmed(step))) return 'waits';
  const { copied } = job;
  if (!copied) return begin(step, 'sweep', { limits: job.settings.limits });
  const pass = await ownPass(step, copied);
  if (!pass || pass.state === 'stopped') return begin(step, 'sweep', { limits: job.settings.limits });
  if (pass.state === 'paused') await control.resume(bucket, 'sweep');
  // Of a job that is tried again.
  if (copied.isOver) return pass.state === 'done' ? copyAgain(step, pass) : goOn(step, 'sweep', pass);
  if (pass.state !== 'done') return 'waits';
  if (isBeingWritten(step, pass)) return copyLater(step);
  return end(step, 'sweep', { pass, bad: NOT_COPIED, next: 'verify' });
}

/** Proves that both places have the same of every key. */
export async function verify(step: Step): Promise<StepEnd> {
  const { job, control, bucket } = step;
  if (!(await isArmed(step))) return 'waits';
  const { limits, verify: level } = job.settings;
  const pass = job.verified && (await ownPass(step, job.verified));
  if (!pass || pass.state === 'stopped') return begin(step, 'verify', { limits, level });
  if (pass.state === 'paused') await control.resume(bucket, 'verify');
  if (pass.state !== 'done') return 'waits';
  const isStill = isFrozen(job, bucket);
  if (!isStill && isMissingAlone(step, pass)) return copyMissing(step);
  const bad = isStill ? [...NOT_PROVEN, ...FOREIGN] : NOT_PROVEN;
  return end(step, 'verify', { pass, bad, next: 'flip' });
}

/** Lets the passes of a job rest that was paused. */
export async function rest(step: Step): Promise<StepEnd> {
  await turnPass(step, 'pause');
  return 'waits';
}

/** Ends the pass of a job that is under way, if one is. */
export const stopPass = (step: Step): Promise<void> => turnPass(step, 'stop');

async function turnPass({ job, bucket, passes, control }: Step, turn: 'pause' | 'stop'): Promise<void> {
  for (const kind of ['sweep', 'verify'] as const) {
    const pass = await passes.get(job.bucketId, kind);
    const isUnderWay =
      pass && (pass.state === 'planning' || pass.state === 'running' || pass.state === 'paused');
    if (isUnderWay && !(turn === 'pause' && pass.state === 'paused')) await control[turn](bucket, kind);
  }
}

const fieldOf = (kind: PassKind): 'copied' | 'verified' => (kind === 'sweep' ? 'copied' : 'verified');

/** The job's own pass; undefined where another has taken its place, or it was forgotten. */
async function ownPass({ job, passes }: Step, { run }: Passed, kind: PassKind = kindOf(job, run)) {
  const pass = await passes.get(job.bucketId, kind);
  return pass?.run === run ? pass : undefined;
}

const kindOf = ({ verified }: JobRecord, run: string): PassKind =>
  verified?.run === run ? 'verify' : 'sweep';

async function begin(step: Step, kind: PassKind, settings: Partial<PassSettings>): Promise<StepEnd> {
  return goOn(step, kind, await step.control.start(step.bucket, kind, settings));
}

/** Notes which pass is the job's. */
async function goOn(step: Step, kind: PassKind, { run }: Pass): Promise<StepEnd> {
  const passed: Passed = {
    run,
    tally: { counts: {}, reasons: {} },
    total: { objects: 0, bytes: 0 },
    isOver: false,
  };
  await step.commit((job, bucket) => ({ job: { ...job, [fieldOf(kind)]: passed }, bucket }));
  return 'done';
}

/** What failed before is tried again alone, where all that did is known and nothing else was wrong. */
async function copyAgain(step: Step, pass: Pass): Promise<StepEnd> {
  const { bucket, control, job } = step;
  const isKnown = pass.spilled === 0 && countOf(pass.tally, 'drifted').objects === 0;
  if (!isKnown) return begin(step, 'sweep', { limits: job.settings.limits });
  await control.retryFailed(bucket, 'sweep');
  return goOn(step, 'sweep', pass);
}

/** So often it is waited for what writers have left, so long all together that the lease of one who died is over. */
const MOST_AGAIN = 8;
const AGAIN_PER_LEASE = 4;

/** Whether all that was not copied is what clients were writing each time: once they are done, the new place has it from them. */
function isBeingWritten({ job }: Step, { tally, spilled }: Pass): boolean {
  const failed = countOf(tally, 'failed').objects;
  const written = tally.reasons[`failed ${WRITTEN_EACH_TIME}`] ?? 0;
  const isAll = failed > 0 && failed === written && countOf(tally, 'drifted').objects === 0;
  return isAll && spilled === 0 && (job.copiedAgain ?? 0) < MOST_AGAIN;
}

async function copyLater(step: Step): Promise<StepEnd> {
  const { control, bucket, clock, times, signal } = step;
  await clock.sleep(times.leaseMs / AGAIN_PER_LEASE, signal);
  await step.commit((job, record) => ({
    job: { ...job, copiedAgain: (job.copiedAgain ?? 0) + 1 },
    bucket: record,
  }));
  await control.retryFailed(bucket, 'sweep');
  return 'done';
}

/** Whether all that is wrong is what the old place alone has: a write whose gateway died can leave it there, after the sweep came by. */
function isMissingAlone({ job }: Step, { tally }: Pass): boolean {
  const missing = countOf(tally, 'missing').objects;
  return missing > 0 && missing === countIn(tally, NOT_PROVEN) && (job.copiedAgain ?? 0) < MOST_AGAIN;
}

async function copyMissing(step: Step): Promise<StepEnd> {
  await step.commit(({ copied: _, verified: __, copiedAgain = 0, ...job }, bucket) => ({
    job: inPhase({ ...job, copiedAgain: copiedAgain + 1 }, 'copy', step.clock.now()),
    bucket,
  }));
  return 'done';
}

interface Ending {
  readonly pass: Pass;
  readonly bad: readonly Outcome[];
  readonly next: 'verify' | 'flip';
}

/** Keeps what a pass has come to, for the pass itself will be forgotten, and goes on where nothing was wrong. */
async function end(step: Step, kind: PassKind, { pass, bad, next }: Ending): Promise<StepEnd> {
  const { job, jobs, passes, clock } = step;
  const { tally, total } = await progressOf(pass, passes, clock);
  await jobs.keepFailures(job.id, await firstFailures(job, kind, passes));
  const passed: Passed = { run: pass.run, tally, total, isOver: true };
  const wrong = countIn(tally, bad);
  await step.commit((current, bucket) => {
    const now = { ...current, [fieldOf(kind)]: passed };
    return wrong === 0
      ? { job: inPhase(now, next, clock.now()), bucket }
      : {
          job: withErrors(now, whatIsWrong(kind, tally.counts, bad), clock.now()),
          bucket: gateOpened(bucket, job.id),
        };
  });
  return 'done';
}

/** The job as one that ends where it is: the bucket stays in both places, and clients write to both. */
export function withErrors(job: JobRecord, lastError: string, now: number): JobRecord {
  const ended = ungated(withPhaseEnded(job, now));
  return { ...ended, status: 'completed_with_errors', finishedAt: now, lastError };
}

function whatIsWrong(kind: PassKind, counts: Passed['tally']['counts'], bad: readonly Outcome[]): string {
  const told = bad.flatMap((outcome) => {
    const objects = counts[outcome]?.objects ?? 0;
    return objects === 0 ? [] : [`${objects} ${outcome}`];
  });
  const what = kind === 'sweep' ? 'not all was copied' : 'not all was proven to be the same';
  const hint =
    bad.includes('extra') && (counts.extra?.objects ?? 0) > 0
      ? ', but for those that the new place alone has'
      : '';
  return `${what}: ${told.join(', ')} (the failures of the job tell which${hint})`;
}

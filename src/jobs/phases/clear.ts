import { isOver } from '../../state/passes/pass-record.js';
import type { Step } from '../step.js';

/** Before what is left is looked for once more, ms. */
const AGAIN_MS = 10_000;

/**
 * Has the bucket's shadow go while clients write: nothing is written to it any more first, then a sweep brings over what a write that failed half-way may have
 * left there alone, then it is looked whether anything would be lost. False while there is something to wait for.
 */
export async function letShadowGo(step: Step): Promise<boolean> {
  const { bucket, moves } = step;
  const { shadow } = bucket;
  if (shadow === null) return !bucket.forgetting;
  if (shadow.aim === 'none') return false;
  if (shadow.aim !== 'exclusive') return aimAt(step, 'exclusive');
  if (!(await moves.isSettled(bucket)) || !(await isNothingLost(step))) return false;
  return aimAt(step, 'none');
}

/** Whether nothing would be lost with the shadow once all of it was swept; else it is swept again in a while. */
export async function isNothingLost(step: Step): Promise<boolean> {
  if (!(await isSwept(step))) return false;
  const left = await step.moves.whatWouldBeLost(step.bucket);
  return left === undefined || sweepAgain(step, left);
}

async function aimAt(step: Step, aim: 'exclusive' | 'none'): Promise<false> {
  await step.commit((job, bucket) => ({
    job,
    bucket: { ...bucket, shadow: bucket.shadow && { ...bucket.shadow, aim } },
  }));
  return false;
}

async function isSwept(step: Step): Promise<boolean> {
  const { job, bucket, passes, control } = step;
  const pass = await passes.get(bucket.id, 'sweep');
  if (pass && pass.run === job.lastSweep) return isOver(pass);
  const { run } = await control.start(bucket, 'sweep', { limits: job.settings.limits });
  await step.commit((current, now) => ({ job: { ...current, lastSweep: run }, bucket: now }));
  return false;
}

/** Not at once: what is missing is a store that fails, or a delete that is owed. */
async function sweepAgain(step: Step, lastError: string): Promise<false> {
  await step.commit(({ lastSweep: _, ...job }, bucket) => ({ job: { ...job, lastError }, bucket }));
  await step.clock.sleep(AGAIN_MS, step.signal);
  return false;
}

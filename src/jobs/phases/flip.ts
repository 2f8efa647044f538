import { StepFailed } from '../bucket-moves.js';
import type { Step, StepEnd } from '../step.js';
import { gateOpened, inPhase, released, ungated, withPhaseEnded } from '../transitions.js';
import { isNothingLost, letShadowGo } from './clear.js';
import { isArmed } from './gate.js';

/** How long recovery takes beyond a lease, ms. */
const SETTLE_MS = 60_000;

/**
 * Has the bucket change over: from one commit on the old place is written no more and the job cannot be cancelled. Then the old place ceases to be the bucket's
 * shadow, which every gateway acknowledges.
 *
 * @throws StepFailed where something would be lost
 */
export async function flip(step: Step): Promise<StepEnd> {
  const { job } = step;
  if (job.flippedAt === undefined) return (await isArmed(step)) ? commitFlip(step) : 'waits';
  if (job.gatedAt !== undefined && isLeft(step)) return openGate(step);
  return (await letShadowGo(step)) ? toCleanup(step) : 'waits';
}

/** Where the gate is closed nothing can be added to the shadow on its way down; where clients write it is looked once more when they write to one place alone. */
async function commitFlip(step: Step): Promise<StepEnd> {
  const { bucket, moves, clock } = step;
  const left = await moves.whatWouldBeLost(bucket);
  if (left !== undefined) return sweepFirst(step, left);
  await step.commit(({ lastSweep: _, ...job }, record) => ({
    job: { ...job, flippedAt: clock.now() },
    bucket: {
      ...record,
      shadow: record.shadow && {
        ...record.shadow,
        aim: job.settings.writes === 'gate' ? 'none' : 'exclusive',
      },
    },
  }));
  return 'done';
}

/** What a write or a delete that failed half-way left in the old place alone is settled within a lease, and swept. */
async function sweepFirst(step: Step, left: string): Promise<StepEnd> {
  const { job, clock, times } = step;
  const begun = job.phases.at(-1)?.startedAt ?? clock.now();
  if (clock.now() - begun > times.leaseMs + SETTLE_MS) throw new StepFailed(left);
  await isNothingLost(step);
  return 'waits';
}

/** Whether no gateway that lets clients write can write to the old place. */
const isLeft = ({ bucket: { shadow } }: Step): boolean => shadow?.rung !== 'write-through';

async function openGate(step: Step): Promise<StepEnd> {
  await step.commit((job, bucket) => ({ job: ungated(job), bucket: gateOpened(bucket, job.id) }));
  return 'done';
}

async function toCleanup(step: Step): Promise<StepEnd> {
  const { bucket, moves, clock, job } = step;
  await moves.forgetPasses(bucket.id);
  await step.commit((current, record) => {
    const { lastError: _, ...rest } = current;
    const now = clock.now();
    if (job.settings.deleteSource) return { job: inPhase(rest, 'cleanup', now), bucket: record };
    return {
      job: { ...withPhaseEnded(rest, now), status: 'succeeded', finishedAt: now },
      bucket: released(record),
    };
  });
  return 'done';
}

import type { BucketRecord } from '../../state/buckets.js';
import { placeWords, samePlace } from '../../state/place.js';
import { StepFailed } from '../bucket-moves.js';
import type { Step, StepEnd } from '../step.js';
import { aimedAtSwap, inPhase } from '../transitions.js';
import { clearExisting } from './existing.js';
import { isArmed } from './gate.js';

/** How long the places may take to change, ms: what that waits for may not come back. */
const STAGE_MS = 600_000;

/**
 * Has the new place become the bucket's target, with the old one as its shadow and writes going to both: it becomes the shadow first, and while next to
 * nothing is in it the two change places.
 *
 * @throws StepFailed
 */
export async function stage(step: Step): Promise<StepEnd> {
  const { job, bucket, moves } = step;
  const { shadow } = bucket;
  if (shadow === null) return (await isArmed(step)) ? attach(step) : 'waits';
  if (shadow.aim === 'swap' || !(await moves.isSettled(bucket))) return inTime(step);
  return samePlace(bucket.target, job.to) ? toCopy(step) : swap(step);
}

async function inTime({ job, bucket, moves, clock }: Step): Promise<'waits'> {
  if (clock.now() - (job.attachedAt ?? clock.now()) < STAGE_MS) return 'waits';
  const waiting = await moves.waitingFor(bucket);
  const why = waiting.length === 0 ? 'the bucket is not settled' : `waiting for ${waiting.join(', ')}`;
  throw new StepFailed(`the places did not change within ${STAGE_MS / 60_000} min: ${why}`);
}

async function attach(step: Step): Promise<StepEnd> {
  const { job, bucket, moves, clock } = step;
  const taken = await moves.whoHas(job.to, bucket.id);
  if (taken !== undefined) throw new StepFailed(`${placeWords(job.to)} is ${taken}`);
  if (await mustMakeBucket(step)) return 'done';
  await clearExisting(step);
  const capabilities = {
    from: await moves.tryPlace(bucket.target),
    to: await moves.tryPlace(job.to),
  };
  const { conditionalWrites, trailingChecksums } = capabilities.from;
  const now = clock.now();
  const attached = (record: BucketRecord): BucketRecord => ({
    ...record,
    conditionalWrites,
    ...(trailingChecksums !== undefined && { trailingChecksums }),
    shadow: {
      place: job.to,
      prefix: '',
      targetPrefix: '',
      writeThrough: true,
      rung: 'target-only',
      aim: 'write-through',
      confirmed: false,
      delete: 'both',
      provenance: true,
      trailingChecksums: capabilities.to.trailingChecksums ?? false,
      since: new Date(now).toISOString(),
    },
    epoch: record.epoch + 1,
  });
  await moves.tryShadow(attached(bucket));
  await step.commit((current, record) => ({
    job: { ...current, capabilities, attachedAt: now },
    bucket: attached(record),
  }));
  return 'done';
}

/** Whether the bucket at the new place had to be made; that the job makes it is known before it is there. */
async function mustMakeBucket(step: Step): Promise<boolean> {
  const { job, moves } = step;
  if (await moves.hasBucket(job.to)) return false;
  await step.commit((current, bucket) => ({ job: { ...current, madeBucket: true }, bucket }));
  await moves.makeBucket(job.to);
  return true;
}

/**
 * Both places show the same of every key before they change. Where the gate has been closed since what was at the new place was compared, that was the proof:
 * the rest is not there.
 */
async function swap(step: Step): Promise<StepEnd> {
  const { job, bucket, moves, signal } = step;
  const isCompared = job.settings.writes === 'gate' && (job.existing?.kept ?? 0) > 0;
  if (!isCompared && !(await moves.align(bucket, signal))) return 'waits';
  await moves.forgetPasses(bucket.id);
  const { settings, capabilities } = job;
  if (!capabilities) throw new StepFailed('nobody has tried what the new place can do');
  await step.commit((current, record) => ({
    job: current,
    bucket: aimedAtSwap(record, { ...capabilities.to, force: settings.force }),
  }));
  return 'done';
}

async function toCopy(step: Step): Promise<StepEnd> {
  await step.commit((job, bucket) => ({ job: inPhase(job, 'copy', step.clock.now()), bucket }));
  return 'done';
}

import { listStore } from '../../shadow/listing/store-page.js';
import type { BucketRecord } from '../../state/buckets.js';
import { KvUnavailable } from '../../state/kv.js';
import { placeWords, samePlace } from '../../state/place.js';
import { messageOf } from '../../system/thrown.js';
import { StepFailed } from '../bucket-moves.js';
import type { Step, StepEnd } from '../step.js';
import { aimedAtSwap, gateOpened, isFrozen, released, ungated, withPhaseEnded } from '../transitions.js';
import { letShadowGo } from './clear.js';
import { stopPass } from './passes.js';
import { type Judged, removeAll } from './removal.js';

/**
 * Makes all as it was. Where nobody has written since the job began the bucket is put back at once. Else, while clients write, the passes end, the places change
 * back where they have changed, and the new place ceases to be the bucket's shadow. Then what the job has brought there is deleted.
 */
export async function unwind(step: Step): Promise<StepEnd> {
  const { job, bucket, moves } = step;
  const { shadow } = bucket;
  // Of the sweeps that are made on the way back none must be stopped.
  if (job.lastSweep === undefined) await stopPass(step);
  if (shadow === null) return bucket.forgetting ? 'waits' : withoutShadow(step);
  if (isFrozen(job, bucket)) return putBack(step);
  if (samePlace(bucket.target, job.to)) return changeBack(step);
  if (shadow.aim === 'swap') return callOff(step);
  if (isOnTheWayUp(bucket)) return turnDown(step);
  if (shadow.aim === 'write-through' && !(await moves.isSettled(bucket))) return 'waits';
  await letShadowGo(step);
  return 'waits';
}

/** One commit: the gate is closed, so that all gateways show the same by the record of before and by this one. */
async function putBack(step: Step): Promise<StepEnd> {
  await step.commit((job, bucket) => {
    const isSwapped = samePlace(bucket.target, job.to);
    const { conditionalWrites, trailingChecksums } = job.capabilities?.from ?? bucket;
    const { swaps = 0, epoch } = bucket;
    return {
      job,
      bucket: {
        ...bucket,
        ...(isSwapped && { target: job.from, swaps: swaps + 1, conditionalWrites }),
        ...(isSwapped && trailingChecksums !== undefined && { trailingChecksums }),
        shadow: null,
        forgetting: true,
        epoch: epoch + 1,
      },
    };
  });
  return 'done';
}

/** The gate is opened once no gateway reads from the new place, which would not show what is written then. */
async function withoutShadow(step: Step): Promise<StepEnd> {
  const { job, bucket, moves } = step;
  if (!bucket.job?.gates) return removeCopies(step);
  if (!job.settings.force && (await moves.readersBehind(bucket)).length > 0) return 'waits';
  await step.commit((current, record) => ({ job: ungated(current), bucket: gateOpened(record, job.id) }));
  return 'done';
}

/** On these the new place may have something that the old one has not: of writes that failed half-way. */
const WRITTEN: ReadonlySet<string> = new Set(['write-through', 'swapping']);

/** Whether no gateway can have written to the new place. */
const isOnTheWayUp = ({ shadow }: BucketRecord): boolean =>
  shadow?.aim === 'write-through' && !WRITTEN.has(shadow.rung);

async function turnDown(step: Step): Promise<StepEnd> {
  await step.commit((job, bucket) => {
    const { shadow } = bucket;
    return {
      job,
      bucket: shadow && isOnTheWayUp(bucket) ? { ...bucket, shadow: { ...shadow, aim: 'none' } } : bucket,
    };
  });
  return 'done';
}

/** Asked to change places, and not yet there. */
async function callOff(step: Step): Promise<StepEnd> {
  await step.commit((job, bucket) => {
    const { shadow } = bucket;
    if (shadow?.aim !== 'swap' || samePlace(bucket.target, job.to)) return { job, bucket };
    const { swap: _, ...settings } = shadow;
    return { job, bucket: { ...bucket, shadow: { ...settings, aim: 'write-through' } } };
  });
  return 'done';
}

/** Since the places changed every write has gone to both, so that they show the same of every key still. */
async function changeBack(step: Step): Promise<StepEnd> {
  const { job, bucket, moves } = step;
  const { settings, capabilities } = job;
  const { force } = settings;
  if (bucket.shadow?.aim === 'swap') return force ? insist(step) : 'waits';
  if (!(await moves.isSettled(bucket))) return 'waits';
  if (!capabilities) throw new StepFailed('nobody has tried what the old place can do');
  await moves.forgetPasses(bucket.id);
  await step.commit((current, record) => ({
    job: current,
    bucket: aimedAtSwap(record, { ...capabilities.from, force }),
  }));
  return 'done';
}

/** Told meanwhile whom not to wait for. */
async function insist(step: Step): Promise<StepEnd> {
  if (step.bucket.shadow?.swap?.force === true) return 'waits';
  await step.commit((job, bucket) => {
    const { shadow } = bucket;
    return {
      job,
      bucket: shadow?.swap
        ? { ...bucket, shadow: { ...shadow, swap: { ...shadow.swap, force: true } } }
        : bucket,
    };
  });
  return 'done';
}

async function removeCopies(step: Step): Promise<StepEnd> {
  const { job, bucket, moves, clock } = step;
  await moves.forgetPasses(bucket.id);
  const { removedBucket, lastError } = await emptied(step);
  await step.commit((current, record) => {
    const now = clock.now();
    const told = { removedBucket, ...(lastError !== undefined && { lastError }), finishedAt: now };
    const ended = { ...withPhaseEnded(current, now), ...told };
    return { job: { ...ended, status: job.ending ?? 'cancelled' }, bucket: released(record) };
  });
  return 'done';
}

/** Whether the new place is as it was. One that does not answer is left as it is, where that was asked for. */
async function emptied(
  step: Step,
): Promise<{ readonly removedBucket: boolean; readonly lastError?: string }> {
  const { job, moves, signal } = step;
  try {
    if (job.attachedAt !== undefined && (await moves.hasBucket(job.to))) await removeAt(step);
    return { removedBucket: job.madeBucket === true && (await moves.removeBucket(job.to)) };
  } catch (error) {
    if (!job.settings.force || signal.aborted || error instanceof KvUnavailable) throw error;
    const reason = messageOf(error);
    return { removedBucket: false, lastError: `what was copied is left at ${placeWords(job.to)}: ${reason}` };
  }
}

async function removeAt(step: Step): Promise<void> {
  const { job, moves, signal } = step;
  const place = moves.open(job.to);
  try {
    await removeAll(step, {
      items: listStore(place.service, signal),
      judge: ({ lastModified }) => judge(step, lastModified),
      store: place.service,
      isFree: (now) => now.shadow === null && samePlace(now.target, job.from),
    });
  } finally {
    await place.close();
  }
}

/** What was there before and the same is older than the job; where nothing was kept there was nothing. */
function judge({ job }: Step, lastModified: string): Judged {
  const wasThere = (job.existing?.kept ?? 0) > 0 && Date.parse(lastModified) < job.createdAt;
  return wasThere ? { left: 'it was there before' } : 'goes';
}

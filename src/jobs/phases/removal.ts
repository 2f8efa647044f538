import type { S3Service } from '../../s3/message.js';
import { type Deletion, deleteFromStore } from '../../shadow/deleting/store-deletes.js';
import { sideBySide } from '../../shadow/side-by-side.js';
import type { BucketRecord } from '../../state/buckets.js';
import type { JobRecord } from '../../state/jobs/job-record.js';
import { inBatches } from '../../system/in-batches.js';
import { longestRequestMs } from '../../system/times.js';
import { StepFailed } from '../bucket-moves.js';
import type { Step } from '../step.js';

/** Objects that are asked about at once. */
const AT_ONCE = 16;

type Removed = NonNullable<JobRecord['removed']>;

/** Whether an object goes, or why it is left. */
export type Judged = 'goes' | { readonly left: string };

export interface Removal<T extends { readonly key: string }> {
  readonly items: AsyncGenerator<T>;
  readonly judge: (item: T) => Promise<Judged> | Judged;
  /** Where they are deleted. */
  readonly store: S3Service;
  /** Whether the bucket is where nothing of this place is needed any more; asked of the state right before each batch. */
  readonly isFree: (bucket: BucketRecord) => boolean;
}

/**
 * Deletes objects of a place that a bucket is not at any more, and counts with the job what went and what was left.
 *
 * @throws StepFailed when the bucket is there again
 */
export async function removeAll<T extends { readonly key: string }>(
  step: Step,
  { items, judge, store, isFree }: Removal<T>,
): Promise<void> {
  const { signal } = step;
  await count(step, ({ deleted }) => ({ deleted, left: 0, reasons: {} }));
  for await (const batch of inBatches(items)) {
    const reasons: Record<string, number> = {};
    const leave = (why: string) => {
      reasons[why] = (reasons[why] ?? 0) + 1;
    };
    const doomed: string[] = [];
    await sideBySide(each(batch), { limit: AT_ONCE, signal }, async (item) => {
      const judged = await judge(item);
      if (judged === 'goes') doomed.push(item.key);
      else leave(judged.left);
    });
    signal.throwIfAborted();
    if (!isFree(await step.fresh()))
      throw new StepFailed('the bucket is at the place again that was to be emptied');
    const outcomes = await deleteAt(step, store, doomed);
    for (const outcome of outcomes.values()) if (outcome.state !== 'gone') leave(whyLeft(outcome));
    const deleted = [...outcomes.values()].filter(({ state }) => state === 'gone').length;
    await count(step, (before) => ({
      deleted: before.deleted + deleted,
      left: before.left + batch.length - deleted,
      reasons: sumOf(before.reasons, reasons),
    }));
  }
}

/**
 * Deletes objects while the job is still this process's for long enough. What got no answer is waited for until it can apply no more: others may write there
 * later.
 */
export async function deleteAt(
  { clock, times, signal, isInTime }: Step,
  store: S3Service,
  keys: readonly string[],
): Promise<Map<string, Deletion>> {
  const outcomes = await deleteFromStore(store, keys, { signal, isInTime });
  const states = new Set([...outcomes.values()].map(({ state }) => state));
  if (states.has('unanswered')) await clock.sleep(longestRequestMs(times) + times.marginMs, signal);
  return outcomes;
}

export const whyLeft = (outcome: Deletion): string =>
  outcome.state === 'refused'
    ? `the store refused to delete it: ${outcome.code}`
    : 'the store gave no answer when it was to delete it';

const NOTHING: Removed = { deleted: 0, left: 0, reasons: {} };

const count = (step: Step, next: (before: Removed) => Removed): Promise<void> =>
  step.commit((job, bucket) => ({ job: { ...job, removed: next(job.removed ?? NOTHING) }, bucket }));

function sumOf(one: Removed['reasons'], other: Removed['reasons']): Removed['reasons'] {
  const sum = { ...one };
  for (const [reason, times] of Object.entries(other)) sum[reason] = (sum[reason] ?? 0) + times;
  return sum;
}

/** Some items as a generator, for many hands. */
export async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

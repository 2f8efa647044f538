import type { BucketRecord, BucketStore } from '../state/buckets.js';
import type { JobPhase, JobRecord } from '../state/jobs/job-record.js';
import type { JobStore } from '../state/jobs/job-store.js';
import type { KvCheck } from '../state/kv.js';
import { untilDone } from '../state/record-store.js';
import type { Capabilities } from './bucket-moves.js';

/** What becomes of a job, and of its bucket with it. */
export interface Transition {
  readonly job: JobRecord;
  readonly bucket?: BucketRecord;
}

/** Decides by what stands in the state; may be asked again. `bucket`: undefined once it is gone. Undefined: nothing changes. */
export type Decide = (job: JobRecord, bucket: BucketRecord | undefined) => Transition | undefined;

export interface TransitionsOptions {
  /** Is told of what was changed. */
  readonly noted?: ((before: JobRecord, after: JobRecord) => Promise<void>) | undefined;
  readonly jobs: JobStore;
  readonly buckets: Pick<BucketStore, 'judge' | 'commitWith'>;
}

/** Changes jobs and their buckets, both in one commit, so that whoever goes on from there finds them agreeing. */
export class Transitions {
  constructor(private readonly options: TransitionsOptions) {}

  /**
   * One atomic read-modify-write. Resolves to the job as it is then; undefined where there is none.
   *
   * @param lease has to be held still, by whoever changes the job as the one who works on it
   */
  async change(id: number, decide: Decide, lease?: () => KvCheck): Promise<JobRecord | undefined> {
    const { jobs, buckets, noted } = this.options;
    return untilDone(`job ${id}`, async () => {
      const found = await jobs.find(id);
      if (!found) return undefined;
      const judged = await buckets.judge(found.job.bucket);
      const isSame = judged?.record.id === found.job.bucketId;
      const next = decide(found.job, isSame ? judged.record : undefined);
      if (!next) return found.job;
      const checks = [found.check, ...(judged ? [judged.check] : []), ...(lease ? [lease()] : [])];
      const done = next.bucket
        ? await buckets.commitWith(next.bucket, { checks, ...jobs.written(next.job) })
        : await jobs.commit(next.job, checks);
      if (!done) return 'retry';
      await noted?.(found.job, next.job);
      return next.job;
    });
  }
}

/** The job in a phase, which begins now. */
export function inPhase(job: JobRecord, phase: JobPhase, now: number): JobRecord {
  return { ...withPhaseEnded(job, now), phase, phases: [...ended(job, now), { phase, startedAt: now }] };
}

/** The job with the phase that it is in told to be over. */
export const withPhaseEnded = (job: JobRecord, now: number): JobRecord => ({
  ...job,
  phases: ended(job, now),
});

const ended = ({ phases }: JobRecord, now: number): JobRecord['phases'] =>
  phases.map((one) => (one.finishedAt === undefined ? { ...one, finishedAt: now } : one));

/** A job whose bucket is written by clients again. */
export function ungated({ gatedAt: _, armedAt: __, ...job }: JobRecord): JobRecord {
  return job;
}

/** The bucket with its gate closed: a new epoch, so that all gateways say when their older writes have ended. */
export const gateClosed = (bucket: BucketRecord, id: number): BucketRecord => ({
  ...bucket,
  job: { id, gates: true },
  epoch: bucket.epoch + 1,
});

export const gateOpened = (bucket: BucketRecord, id: number): BucketRecord => ({
  ...bucket,
  job: { id, gates: false },
});

/**
 * Whether nobody has written the bucket since the job began: its gate was never open, and what was under way before has ended. Then the old place is as it was, and
 * has everything.
 */
export const isFrozen = (job: JobRecord, bucket: BucketRecord): boolean =>
  bucket.job?.gates === true && job.armedAt !== undefined && job.gatedAt === job.createdAt;

/** What a job begins with that makes all as it was. Where nobody has written nobody does before the bucket is at the old place alone. */
export const unwinding = (job: JobRecord, bucket: BucketRecord): Required<Transition> =>
  bucket.shadow !== null && isFrozen(job, bucket)
    ? { job, bucket }
    : { job: ungated(job), bucket: gateOpened(bucket, job.id) };

/** The bucket as nobody's. */
export function released({ job: _, ...bucket }: BucketRecord): BucketRecord {
  return bucket;
}

/** The bucket as one whose target and shadow are to change places; what is to be the target can do as it was seen. */
export const aimedAtSwap = (
  bucket: BucketRecord,
  { conditionalWrites, trailingChecksums = false, force }: Capabilities & { readonly force: boolean },
): BucketRecord => ({
  ...bucket,
  shadow: bucket.shadow && {
    ...bucket.shadow,
    aim: 'swap',
    swap: { conditionalWrites, trailingChecksums, force },
  },
});

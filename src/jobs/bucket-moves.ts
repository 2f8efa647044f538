import type { S3Service } from '../s3/message.js';
import type { BucketRecord } from '../state/buckets.js';
import type { JobRecord } from '../state/jobs/job-record.js';
import type { KvEntry } from '../state/kv.js';
import type { Place } from '../state/place.js';

export type Capabilities = NonNullable<JobRecord['capabilities']>['to'];

/** The bucket of a place, as it is asked. To be closed by whoever opened it. */
export interface OpenPlace {
  readonly service: S3Service;
  close(): Promise<void>;
}

/** A step of a job that cannot be taken, whatever is tried: the job ends, and all is made as it was. The message is a sentence. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

/** What jobs need done to buckets and places, and have to know of the gateways that serve them. */
export interface BucketMoves {
  /** @throws JobRefused where the bucket cannot be moved there, or a place cannot be asked; nothing is changed */
  assertMovable(bucket: BucketRecord, to: Place): Promise<void>;
  /** What the commit writes unchanged, and checks, that begins to move a bucket there: so nobody takes the place away meanwhile. @throws JobRefused */
  hold(place: Place): Promise<readonly KvEntry[]>;
  /** The live gateways that have yet to hear of the record's epoch: they serve the bucket by an older one. */
  unheardBy(record: BucketRecord): Promise<readonly string[]>;
  /** What has not ended that was begun in older epochs than the record's, in words; empty: all has. */
  waitingFor(record: BucketRecord): Promise<readonly string[]>;
  /** Gateways that may still answer reads by an older epoch than the record's, in touch with the state or not, in words. */
  readersBehind(record: BucketRecord): Promise<readonly string[]>;
  /** What a place is already, beside a bucket's own, in words; undefined: it is free. */
  whoHas(place: Place, bucketId: string): Promise<string | undefined>;
  /** Resolves to whether the bucket has reached its aim on all gateways. */
  isSettled(record: BucketRecord): Promise<boolean>;
  open(place: Place): OpenPlace;
  /** Whether there is a bucket at the place. @throws StepFailed where the place does not let it be seen */
  hasBucket(place: Place): Promise<boolean>;
  /** @throws StepFailed */
  makeBucket(place: Place): Promise<void>;
  /** False when it is not empty. A bucket that is gone already is fine. */
  removeBucket(place: Place): Promise<boolean>;
  /** What a place does, found out by trying. @throws StepFailed */
  tryPlace(place: Place): Promise<Capabilities>;
  /** Finds out whether the record's shadow can be read and written, and is not its target. @throws StepFailed */
  tryShadow(record: BucketRecord): Promise<void>;
  /** Has both stores of a bucket show the same of every key. False when the signal came first. @throws StepFailed */
  align(record: BucketRecord, signal: AbortSignal): Promise<boolean>;
  /** Why something would be lost if the shadow went now, in words; undefined: nothing would. */
  whatWouldBeLost(record: BucketRecord): Promise<string | undefined>;
  /** Forgets the passes over a bucket, whose shadow is another one from here on. */
  forgetPasses(bucketId: string): Promise<void>;
}

import type { BucketStore } from '../state/buckets.js';
import type { JobStore } from '../state/jobs/job-store.js';
import { type Place, samePlace } from '../state/place.js';

export interface PlaceOwners {
  readonly buckets: Pick<BucketStore, 'all'>;
  readonly jobRecords: Pick<JobStore, 'active' | 'get'>;
}

/**
 * What a place is already, in words: of two buckets with one place, each would undo what clients of the other do. Undefined: it is free.
 *
 * @param mover the id of the bucket that is to be moved there
 */
export async function whoHas(place: Place, owners: PlaceOwners, mover?: string): Promise<string | undefined> {
  for await (const { name, id, target, shadow } of owners.buckets.all()) {
    if (samePlace(target, place)) return `the target of bucket "${name}"`;
    if (id !== mover && shadow && samePlace(shadow.place, place)) return `the shadow of bucket "${name}"`;
  }
  for (const id of await owners.jobRecords.active()) {
    const job = await owners.jobRecords.get(id);
    if (job && job.bucketId !== mover && samePlace(job.to, place))
      return `where job ${id} moves bucket "${job.bucket}" to`;
  }
  return undefined;
}

import type { BucketRecord } from '../../state/buckets.js';
import type { AdminDependencies } from './dependencies.js';
import { findBucket } from './find-bucket.js';

/**
 * The bucket once all gateways serve it by its settings, or as it is when `waitMs` are over, or nobody waits any more.
 *
 * @throws AdminError 404
 */
export async function settledWithin(
  name: string,
  waitMs: number,
  { switching, buckets, clock }: Pick<AdminDependencies, 'switching' | 'buckets' | 'clock'>,
): Promise<BucketRecord> {
  const deadline = new AbortController();
  const timer = clock.after(waitMs, () => deadline.abort());
  try {
    return await switching.settled(name, deadline.signal);
  } catch (error) {
    if (!isAborted(error)) throw error;
    return findBucket(buckets, name);
  } finally {
    timer.cancel();
  }
}

const isAborted = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

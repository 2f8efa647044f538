import type { BucketRecord } from '../state/buckets.js';
import { type DeclaredPlace, isDeclared } from '../state/place.js';
import type { Clock } from '../system/clock.js';
import { messageOf } from '../system/thrown.js';
import { ShadowRefused } from './probe-refusal.js';
import { type ProbeTarget, scratchKey, withScratchObject } from './scratch-object.js';
import type { Stores } from './stores.js';

type Shadow = NonNullable<BucketRecord['shadow']>;

/**
 * Finds out by trying whether a bucket can be moved from this shadow to this target: reachable, listable, readable,
 * where needed writable and deletable, and not the target itself under another name. Leaves nothing behind.
 * Throws ShadowRefused with the first reason why not.
 */
export async function probeShadow(
  shadow: Shadow,
  target: ProbeTarget,
  { stores, clock }: ProbeOptions,
): Promise<void> {
  const { place } = shadow;
  if (isDeclared(place)) return probeDeclared(shadow, place, stores);
  // The AWS SDK would be a tenth of what a gateway loads to start, and is asked for nothing else.
  const { probeRemote } = await import('./probe-remote.js');
  return probeRemote({ ...shadow, place }, target, clock);
}

export interface ProbeOptions {
  readonly stores: Stores;
  readonly clock: Clock;
}

/** What the gateway itself is configured with needs no more than to be there, and to be writable where it is written. */
async function probeDeclared(shadow: Shadow, place: DeclaredPlace, stores: Stores): Promise<void> {
  const store = stores.open(place);
  try {
    const bucket = { service: store.service, bucket: place.bucket };
    if (shadow.writeThrough)
      await withScratchObject(bucket, async () => undefined, scratchKey(shadow.prefix));
  } catch (error) {
    throw new ShadowRefused(`shadow cannot be used: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    await store.close();
  }
}

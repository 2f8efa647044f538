import type { BucketRecord } from '../../state/buckets.js';
import type { Aim, Rung } from '../../state/rung.js';

/** How far a bucket is on the way to what was asked of it. */
export type SwitchState =
  | { readonly state: 'settled' }
  | {
      readonly state: 'switching';
      /** `none`: the shadow is cleared, and its tombstones are about to go. */
      readonly rung: Rung | 'none';
      readonly aim: Aim;
      readonly epoch: number;
      /** What the next step waits for, in words: gateways by their id, and writes that are under way. */
      readonly waitingFor: readonly string[];
    };

/** The steps by which a shadow is set, switched and cleared. Any gateway takes them; none need be asked to. */
export interface Switching {
  /** @throws KvUnavailable */
  state(record: BucketRecord): Promise<SwitchState>;
  /**
   * Resolves when the bucket has reached its aim and every gateway serves it so. Rejects with the signal's reason when it aborts
   * first, with S3Error NoSuchBucket when the bucket goes; while the state cannot be reached, it waits.
   */
  settled(bucket: string, signal: AbortSignal): Promise<BucketRecord>;
}

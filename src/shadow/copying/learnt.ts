import type { S3Service } from '../../s3/message.js';
import type { Clock } from '../../system/clock.js';
import { TargetOwner } from './acl.js';
import { KnownLayouts } from './known-layouts.js';
import { ObjectLockSetting } from './object-lock.js';
import { Refusals } from './refusals.js';

/** What the copies of a bucket have found out, in memory: each part of it is bounded, or forgotten after a time. */
export interface Learnt {
  readonly refusals: Refusals;
  readonly layouts: KnownLayouts;
  readonly objectLock: ObjectLockSetting;
  readonly owner: TargetOwner;
}

export const nothingLearnt = (target: S3Service, clock: Clock): Learnt => ({
  refusals: new Refusals(),
  layouts: new KnownLayouts(),
  objectLock: new ObjectLockSetting(target, clock),
  owner: new TargetOwner(target, clock),
});

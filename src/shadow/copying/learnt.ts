import type { S3Service } from '../../s3/message.js';
import type { Clock } from '../../system/clock.js';
import { ownerOf } from './acl.js';
import { AskedOnce } from './asked-once.js';
import { KnownLayouts } from './known-layouts.js';
import { lockRefusal } from './object-lock.js';
import { Refusals } from './refusals.js';
import { hasVersions } from './versioning.js';
import { CopiesWithin } from './within-target.js';

/** What the copies of a bucket have found out, in memory: each part of it is bounded, or forgotten after a time. */
export interface Learnt {
  readonly refusals: Refusals;
  readonly layouts: KnownLayouts;
  /** Why the target cannot lock objects; undefined when it can. */
  readonly lockRefusal: AskedOnce<string | undefined>;
  readonly copiesWithin: CopiesWithin;
  /** Whether the target may have delete markers, which its listings do not show. */
  readonly hasVersions: AskedOnce<boolean>;
  /** Of the target's bucket. */
  readonly owner: AskedOnce<string>;
}

export const nothingLearnt = (target: S3Service, clock: Clock): Learnt => ({
  refusals: new Refusals(),
  layouts: new KnownLayouts(),
  copiesWithin: new CopiesWithin(),
  lockRefusal: new AskedOnce(clock, (signal) => lockRefusal(target, signal)),
  hasVersions: new AskedOnce(clock, (signal) => hasVersions(target, signal)),
  owner: new AskedOnce(clock, (signal) => ownerOf(target, signal)),
});

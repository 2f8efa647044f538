import { randomUUID } from 'node:crypto';
import type { Pass, RangeRef } from '../../state/passes/pass-record.js';
import { countOf, EMPTY_TALLY } from '../../state/passes/tally.js';

/** One bucket has one pass of each kind. */
export const nameOfPass = ({ bucketId, kind }: Pick<RangeRef, 'bucketId' | 'kind'>): string =>
  `${bucketId}/${kind}`;

/** Whether another pass follows by itself: this one has copied something, so that there may be more since. */
export const isFollowed = ({ state, settings, tally }: Pass): boolean =>
  state === 'done' &&
  settings.catchUp &&
  countOf(tally, 'copied').objects + countOf(tally, 'renewed').objects > 0;

/** The pass that follows `before`, or the first one. */
export function nextPass(
  before: Pick<Pass, 'bucketId' | 'bucket' | 'kind'> & Partial<Pick<Pass, 'number'>>,
  { settings, now }: { readonly settings: Pass['settings']; readonly now: number },
): Pass {
  const { bucketId, bucket, kind, number = 0 } = before;
  return {
    run: randomUUID(),
    kind,
    bucketId,
    bucket,
    number: number + 1,
    state: 'planning',
    settings,
    startedAt: now,
    plan: { isComplete: false, ranges: 0, objects: 0, bytes: 0, basis: '' },
    finished: 0,
    tally: EMPTY_TALLY,
    kept: 0,
    spilled: 0,
  };
}

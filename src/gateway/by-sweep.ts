import type { Progress } from '../sweep/passes/progress.js';
import type { Survey } from '../sweep/survey.js';

/** So many objects are counted anew whenever somebody asks: that takes 40 list calls. */
const FEW = 20_000;

/**
 * How far a large bucket is by the numbers of its sweep, which cost the stores nothing. They begin at 0 with each sweep, and stay as they were at its
 * end. Undefined where both listings tell better: the bucket is small, or no sweep goes or went over all of its shadow.
 *
 * @param since when the shadow was set, ISO 8601
 */
export function bySweep(
  sweep: Progress | undefined,
  since = '',
): (Survey & { readonly bySweep: true }) | undefined {
  if (!sweep) return undefined;
  const { pass, total, done, isExact } = sweep;
  const isOfAll = pass.plan.isComplete && pass.plan.manifest === undefined;
  if (!isOfAll || pass.startedAt < Date.parse(since) || total.objects <= FEW) return undefined;
  return {
    bySweep: true,
    objectsTotal: total.objects,
    objectsDone: done.objects,
    bytesTotal: total.bytes,
    bytesDone: done.bytes,
    remaining: Math.max(0, total.objects - done.objects),
    firstRemaining: [],
    drifted: 0,
    firstDrifted: [],
    exact: isExact,
  };
}

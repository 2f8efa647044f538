import { countOf } from '../../state/passes/tally.js';
import type { MigrationStatus, ShadowRecord } from './dependencies.js';

/** By what it is known that nothing is lost when the shadow goes. */
export interface Proof {
  /** Of the shadow, that the target has, or clients deleted or replaced. */
  readonly objects: number;
  readonly bytes: number;
  /** `listings`: of both stores, just now; `sweep`: all of them were gone through by one that ended then. */
  readonly by: 'listings' | 'sweep';
  /** Unix milliseconds. */
  readonly at: number;
}

/**
 * Undefined while something would be lost, or nobody knows. A listing that could not be ended in time may be stood in for by a sweep that went through all of
 * the shadow since it was set, and left nothing.
 */
export function proofOf(status: MigrationStatus, { since }: ShadowRecord, now: number): Proof | undefined {
  const { exact, problem, remaining, drifted, repairs, objectsTotal: objects, bytesTotal: bytes } = status;
  if (problem !== undefined || remaining > 0 || drifted > 0 || repairs.count > 0) return undefined;
  if (exact) return { objects, bytes, by: 'listings', at: now };
  const { sweep } = status;
  const isClean = sweep && leftOf(sweep.tally) === 0 && sweep.pass.plan.manifest === undefined;
  const isOfShadow = sweep && sweep.pass.startedAt >= Date.parse(since);
  if (sweep?.pass.state !== 'done' || !isClean || !isOfShadow) return undefined;
  return { ...sweep.total, by: 'sweep', at: sweep.pass.finishedAt ?? now };
}

/** What a sweep did not bring over. */
export const leftOf = (tally: Parameters<typeof countOf>[0]): number =>
  countOf(tally, 'failed').objects + countOf(tally, 'drifted').objects;

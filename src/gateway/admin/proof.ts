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

const MAX_KEYS_NAMED = 3;

/** What would be lost, in words, where there is no proof that nothing would. */
export function whatIsLeft(status: MigrationStatus): string {
  const { exact, remaining, firstRemaining, drifted, firstDrifted, problem, repairs, sweep } = status;
  if (problem !== undefined)
    return `what only the shadow has cannot be counted: ${problem}; try again when it answers`;
  const atLeast = exact ? '' : 'at least ';
  if (remaining > 0)
    return `only the shadow has ${atLeast}${named(remaining, firstRemaining)}; copy what is left first`;
  if (drifted > 0)
    return `the shadow has another object than was copied for ${atLeast}${named(drifted, firstDrifted)}; sweep with --on-drift source-wins or target-wins first`;
  if (!exact) {
    const left = sweep && sweep.pass.state === 'done' ? leftOf(sweep.tally) : 0;
    const why = left > 0 ? `, and the last sweep left ${left}` : '';
    return `there was no time to count what only the shadow has${why}; let a sweep go through all of it first`;
  }
  const why = repairs.lastError === undefined ? '' : ` (${repairs.lastError})`;
  return `the shadow still owes ${repairs.count} delete${repairs.count === 1 ? '' : 's'}${why}; wait until they are made`;
}

/** How many they are, and the first of them. */
function named(count: number, first: readonly string[]): string {
  const keys = first.slice(0, MAX_KEYS_NAMED).map((key) => JSON.stringify(key));
  return `${count} object${count === 1 ? '' : 's'}: ${keys.join(', ')}${count > keys.length ? ', ...' : ''}`;
}

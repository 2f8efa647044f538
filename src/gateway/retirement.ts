import type { Clock } from '../system/clock.js';
import type { RequestsUnderWay } from './requests-under-way.js';
import type { UnansweredWrites } from './unanswered-writes.js';

/** How far it is that a route has been left. */
export interface Retirement {
  /** Nothing is under way any more but writes without conditions. */
  readonly quiet: Promise<void>;
  /** Nothing is under way any more, and nothing can still apply, but for the bytes of answers that have begun. */
  readonly ended: Promise<void>;
  /** All answers are given, and what the route held is free. */
  readonly closed: Promise<void>;
  /** Whether a store may still apply what it gave no answer to. */
  mayApply(): boolean;
}

export interface RetirementParts {
  readonly requests: RequestsUnderWay;
  readonly unanswered: UnansweredWrites;
  readonly clock: Clock;
  /** Waits for what goes on after an answer. */
  readonly drain: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Begins to leave a route, for which no more requests may come. */
export function retirement({ requests, unanswered, clock, drain, close }: RetirementParts): Retirement {
  // Who has just found this route is about to send its request.
  const left = clock.sleep(0);
  const settled = () => unanswered.settled();

  /** A request can leave something to do after its answer. */
  async function after(answered: () => Promise<void>): Promise<void> {
    await left;
    await answered();
    await drain();
  }

  const quiet = after(() => requests.quiet());
  const idle = after(() => requests.idle());
  return {
    quiet: quiet.then(settled),
    ended: idle.then(settled),
    closed: idle.then(close),
    mayApply: () => unanswered.mayApply,
  };
}

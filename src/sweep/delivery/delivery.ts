import type { RangeRef } from '../../state/passes/pass-record.js';

/** Works on one range as long as `signal` lets it. Whoever comes second finds the range taken. */
export type RangeHandler = (ref: RangeRef, signal: AbortSignal) => Promise<void>;

export interface QueueLengths {
  readonly waiting: number;
  readonly active: number;
}

/**
 * Brings ranges to those who have hands free. It only delivers: that there is a range, whose it is and how far it is stands in the state, and what
 * gets lost here is announced again.
 */
export interface Delivery {
  /** Each is brought to somebody; one that is on its way already is not brought twice. */
  announce(refs: readonly RangeRef[]): Promise<void>;
  /** Begins to hand ranges to `handler`, `atOnce` side by side. */
  start(handler: RangeHandler, atOnce: number): void;
  /** How many ranges wait, and how many are being worked on, as far as this delivery knows; the former may be tried again after a while. */
  lengths(): Promise<QueueLengths>;
  /** Hands out no more, asks those at work to leave, and waits for them. */
  close(): Promise<void>;
}

export const nameOf = ({ bucketId, kind, run, range }: RangeRef): string =>
  [bucketId, kind, run, range].join('/');

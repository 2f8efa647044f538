/**
 * The times on which it rests that no request to a store applies after its sender's lease has run out: the sender gives
 * up every request long before, and nothing of an older lease is under way when it ends. All in milliseconds.
 */
export interface Times {
  /** Until there is a connection for a request, a new one or one that others have done with. */
  readonly connectMs: number;
  /** From the end of a request, or from a stall in sending it, to the header of the answer. */
  readonly firstByteMs: number;
  /** Between two pieces of an answer's body, while somebody reads it. */
  readonly idleMs: number;
  /** How long all gateways honour what one of them announced in the state: an intent, a committing copy, that it lives. */
  readonly leaseMs: number;
  /** How long a gateway that cannot reach the state goes on answering what its targets have, ms: a swap waits for it. */
  readonly readLeaseMs: number;
  /** By how much clocks may differ, timers be late and the state be slow to answer, all together. */
  readonly marginMs: number;
}

export const TIMES: Times = {
  connectMs: 5_000,
  firstByteMs: 60_000,
  idleMs: 60_000,
  leaseMs: 180_000,
  readLeaseMs: 12 * 3_600_000,
  marginMs: 30_000,
};

/** How long after its end was released one request to a store can still apply. */
export const longestRequestMs = ({ connectMs, firstByteMs }: Times): number => connectMs + firstByteMs;

/** The least `leaseMs`: a writer releases two ends under one lease, one when the other is answered. */
export const shortestLeaseMs = (times: Times): number => 2 * longestRequestMs(times) + times.marginMs;

import type { OperationName } from '../../s3/operations.js';
import type { Clock } from '../../system/clock.js';
import { Latencies } from './latencies.js';

const FIRST = 4;
const LEAST = 1;
const MOST = 128;
/** How long a store is left alone that refuses one object at a time and does not say for how long, ms. */
const LEFT_ALONE_MS = 1_000;

export interface Answered {
  readonly operation: OperationName;
  /** How long the answer took to begin, ms; undefined when that cannot be told. */
  readonly ms: number | undefined;
  /** Objects that are under way. */
  readonly underWay: number;
}

/**
 * How many objects at a time one store bears: AIMD, as TCP finds its window (RFC 5681). One more for each answer until the store is too slow for the first time, or refuses something
 * (3.1, "slow start"), from then on for each round of answers while its latency holds; less when it does not, half when the store says that it is too much.
 */
export class AdaptiveLimit {
  #limit = FIRST;
  /** Whether it once was too slow, or refused something. */
  #hadTooMuch = false;
  #sent = 0;
  /** Requests up to this one were sent before the last halving: their refusals tell nothing new. */
  #halvedAt = 0;
  #heldUntil = 0;
  readonly #latencies: Latencies;

  constructor(private readonly clock: Clock) {
    this.#latencies = new Latencies(clock);
  }

  /** Objects at a time: 1 to 128. */
  get now(): number {
    return Math.floor(this.#limit);
  }

  /** Milliseconds for which the store asked to be left alone, from now. */
  get heldFor(): number {
    return Math.max(0, this.#heldUntil - this.clock.now());
  }

  /** @returns the number of the request that is sent now, for `refused` */
  sent(): number {
    this.#sent += 1;
    return this.#sent;
  }

  /** The store answered a request, and did not refuse it. */
  answered({ operation, ms, underWay }: Answered): void {
    const gradient = ms === undefined ? 1 : this.#latencies.note(operation, ms);
    // Of a limit that is not made use of nothing is learnt.
    const growth = underWay >= this.#limit / 2 ? this.#growth : 0;
    if (gradient < 1) this.#hadTooMuch = true;
    this.#set(this.#limit + (gradient < 1 ? gradient - 1 : growth));
  }

  /** The store refused a request because there are too many, or did not answer it in time. @param retryAfterMs what it asked for */
  refused(request: number, retryAfterMs?: number): void {
    const holdMs = retryAfterMs ?? (this.now === LEAST ? LEFT_ALONE_MS : 0);
    this.#heldUntil = Math.max(this.#heldUntil, this.clock.now() + holdMs);
    this.#hadTooMuch = true;
    if (request <= this.#halvedAt) return;
    this.#halvedAt = this.#sent;
    this.#set(this.#limit / 2);
  }

  /** For one answer. */
  get #growth(): number {
    return this.#hadTooMuch ? 1 / this.#limit : 1;
  }

  #set(limit: number): void {
    this.#limit = Math.min(MOST, Math.max(LEAST, limit));
  }
}

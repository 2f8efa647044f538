import { abortListeners } from '../../system/abort-listeners.js';
import type { Clock } from '../../system/clock.js';

/** How much of what is not used may be used later, in seconds. */
const BURST_SECONDS = 0.1;
/** Nobody is held up for longer, ms: what waits has a stream, a token or a listing open that others may give up. */
const MAX_WAIT_MS = 10_000;

interface Waiter {
  readonly amount: number;
  readonly resume: () => void;
}

/**
 * A token bucket that all who share a limit take from, in the order in which they came. What is taken may be more than there is: those who come next wait until the debt
 * is paid, so that the average holds whatever the amounts are.
 */
export class TokenBucket {
  #perSecond = Number.POSITIVE_INFINITY;
  #balance = 0;
  /** When `#balance` was true, unix milliseconds. */
  #at: number;
  readonly #waiters = new Set<Waiter>();
  #timer: { cancel(): void } | undefined;

  constructor(private readonly clock: Clock) {
    this.#at = clock.now();
  }

  /** Infinity: no limit. */
  get perSecond(): number {
    return this.#perSecond;
  }

  get isUnlimited(): boolean {
    return this.#perSecond === Number.POSITIVE_INFINITY;
  }

  /** With effect at once, also for those who wait. Infinity: no limit. */
  setRate(perSecond: number): void {
    const wasUnlimited = this.isUnlimited;
    this.#refill();
    this.#perSecond = perSecond;
    const burst = this.#burst();
    this.#balance = wasUnlimited ? burst : Math.min(this.#balance, burst);
    this.#serve();
  }

  /** Whether there is something to take, and nobody waits for it. */
  hasSome(): boolean {
    if (this.isUnlimited) return true;
    this.#refill();
    return this.#waiters.size === 0 && this.#balance > 0;
  }

  /** Takes without a wait, and leaves a debt if there is not so much. A negative amount gives back. */
  charge(amount: number): void {
    if (this.isUnlimited) return;
    this.#refill();
    this.#balance = Math.min(this.#burst(), this.#balance - amount);
  }

  /**
   * Resolves when `amount` was taken, after 10 s at the latest; undefined when it was at once.
   *
   * @throws the signal's reason
   */
  take(amount: number, signal: AbortSignal): Promise<void> | undefined {
    if (this.hasSome()) {
      this.charge(amount);
      return undefined;
    }
    return this.#waitFor(amount, signal);
  }

  /** Milliseconds until there is something to take, if nobody takes before; 10 s at the most. */
  get emptyFor(): number {
    if (this.isUnlimited) return 0;
    this.#refill();
    if (this.#balance > 0) return 0;
    if (this.#perSecond === 0) return MAX_WAIT_MS;
    return Math.min(MAX_WAIT_MS, Math.floor((-this.#balance / this.#perSecond) * 1_000) + 1);
  }

  #waitFor(amount: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const leavers = abortListeners(signal);
      const end = () => {
        latest.cancel();
        leavers.delete(leave);
        this.#waiters.delete(waiter);
      };
      const leave = () => {
        end();
        reject(signal.reason);
      };
      const resume = () => {
        end();
        resolve();
      };
      const waiter = { amount, resume };
      const latest = this.clock.after(MAX_WAIT_MS, () => this.#resume(waiter));
      leavers.add(leave);
      this.#waiters.add(waiter);
      this.#serve();
    });
  }

  #resume(waiter: Waiter): void {
    this.charge(waiter.amount);
    waiter.resume();
  }

  #serve(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const waiter of this.#waiters) {
      const ms = this.emptyFor;
      if (ms > 0) {
        this.#timer = this.clock.after(ms, () => this.#serve());
        return;
      }
      this.#resume(waiter);
    }
  }

  #refill(): void {
    const now = this.clock.now();
    const passed = Math.max(0, now - this.#at) / 1_000;
    this.#at = now;
    if (this.isUnlimited) return;
    this.#balance = Math.min(this.#burst(), this.#balance + passed * this.#perSecond);
  }

  #burst(): number {
    return this.isUnlimited ? 0 : Math.max(1, this.#perSecond * BURST_SECONDS);
  }
}

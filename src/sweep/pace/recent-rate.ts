import type { Clock } from '../../system/clock.js';

const SECONDS = 10;

/** How much there was in a second of the last ten, on average. */
export class RecentRate {
  /** By second since the epoch. */
  readonly #counts = new Map<number, number>();
  readonly #since: number;

  constructor(private readonly clock: Clock) {
    this.#since = clock.now();
  }

  add(amount: number): void {
    const second = this.#forgetOlder();
    this.#counts.set(second, (this.#counts.get(second) ?? 0) + amount);
  }

  get perSecond(): number {
    this.#forgetOlder();
    const sum = [...this.#counts.values()].reduce((total, count) => total + count, 0);
    const now = this.clock.now();
    const counted = Math.min(SECONDS * 1_000 + (now % 1_000), now - this.#since);
    return (sum * 1_000) / Math.max(1_000, counted);
  }

  #forgetOlder(): number {
    const second = Math.floor(this.clock.now() / 1_000);
    for (const counted of this.#counts.keys()) if (counted < second - SECONDS) this.#counts.delete(counted);
    return second;
  }
}

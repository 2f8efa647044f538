import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/system/clock.js';
import type { Random } from './random.js';

interface Pause {
  readonly since: number;
  /** Much else happens first: what goes wrong rarely goes wrong between neighbours. */
  readonly isSlow: boolean;
  resume(): void;
}

interface Timer {
  readonly at: number;
  ring(): void;
}

/** How far a request may be delayed, ms of virtual time: the deadline that leases outlast (Assumption A). */
export const REQUEST_DEADLINE_MS = 10_000;

/** Something waits for what never comes, or goes in circles. */
export class RunsOn extends Error {
  override readonly name = 'RunsOn';

  constructor(steps: number) {
    super(`the run does not end within ${steps} steps`);
  }
}

const START = Date.UTC(2026, 0, 1);

/**
 * Owns time and the order of events. Whatever crosses a boundary (a request, an answer, a look at the state) stops at a `pause`
 * until the scheduler, drawn by the seed, lets it go on; in between all code runs as far as it can.
 */
export class Scheduler implements Clock {
  readonly #pauses: Pause[] = [];
  readonly #timers = new Set<Timer>();
  #now = START;
  steps = 0;

  constructor(private readonly random: Random) {}

  now(): number {
    return this.#now;
  }

  /** Whether nothing is on its way, and only time can go on. */
  get isIdle(): boolean {
    return this.#pauses.length === 0;
  }

  /** A point at which anything else may happen first. */
  pause(): Promise<void> {
    const isSlow = this.random.chance(0.15);
    return new Promise((resume) => this.#pauses.push({ since: this.#now, isSlow, resume }));
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const abort = () => {
        timer.cancel();
        reject(signal?.reason);
      };
      const timer = this.after(ms, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  after(ms: number, ring: () => void): { cancel(): void } {
    // As by the clock of a process, which tells whole milliseconds.
    const timer = { at: this.#now + Math.ceil(ms), ring };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /**
   * Lets events happen, one at a time, until `done` holds or nothing is left to happen.
   *
   * @throws RunsOn after `maxSteps` events
   */
  async run(done: () => boolean, maxSteps: number): Promise<void> {
    await setImmediate();
    while (!done() && (this.#pauses.length > 0 || this.#timers.size > 0)) {
      this.steps += 1;
      if (this.steps > maxSteps) throw new RunsOn(maxSteps);
      this.#step();
      // Everything that can run without another event has run when the event loop comes round.
      await setImmediate();
    }
  }

  #step(): void {
    const timer = this.#nextTimer();
    const canWait = !this.#pauses.some(({ since }) => timer && timer.at >= since + REQUEST_DEADLINE_MS);
    if (timer && (this.#pauses.length === 0 || (canWait && this.random.chance(0.15)))) this.#ring(timer);
    else this.#resumeOne();
  }

  #resumeOne(): void {
    const quick = this.#pauses.filter(({ isSlow }) => !isSlow);
    const pause = this.random.pick(quick.length > 0 && !this.random.chance(0.03) ? quick : this.#pauses);
    this.#pauses.splice(this.#pauses.indexOf(pause), 1);
    pause.resume();
  }

  #ring(timer: Timer): void {
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.at);
    timer.ring();
  }

  #nextTimer(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (!next || timer.at < next.at) next = timer;
    return next;
  }
}

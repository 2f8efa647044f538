import pLimit from 'p-limit';
import type { JobStore } from '../state/jobs/job-store.js';
import { type KvCheck, KvUnavailable } from '../state/kv.js';
import type { Clock } from '../system/clock.js';
import { longestRequestMs, type Times } from '../system/times.js';

/** How often the lease is renewed while it lasts. */
const RENEWALS = 5;

export interface JobLeaseOptions {
  readonly jobs: Pick<JobStore, 'lease' | 'renew' | 'release'>;
  /** Of this process, among all that work on jobs. */
  readonly owner: string;
  readonly times: Times;
  readonly clock: Clock;
}

/**
 * The right to work on one job. It lasts as long as every other lease, so that no request of who has lost it applies later: what that deleted late would be
 * another's. It is renewed by a timer, whatever the work is at; where that fails `signal` aborts before the lease is over. What is
 * committed under it is committed while it is held: a commit names the lease.
 */
export class JobLease {
  readonly #lost = new AbortController();
  readonly #one = pLimit(1);
  #until: number;
  #timer: { cancel(): void } | undefined;
  #isReleased = false;

  private constructor(
    private readonly options: JobLeaseOptions,
    private held: KvCheck,
    takenAt: number,
  ) {
    this.#until = takenAt + options.times.leaseMs;
    this.#renewIn(options.times.leaseMs / RENEWALS);
  }

  /** Undefined when another has it. @throws KvUnavailable */
  static async take(id: number, options: JobLeaseOptions): Promise<JobLease | undefined> {
    const now = options.clock.now();
    const held = await options.jobs.lease(id, options.owner, options.times.leaseMs);
    return held && new JobLease(options, held, now);
  }

  /** Aborts when the lease is lost, or is about to be. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether a request that is sent now has applied, or never will, before another may have the job. */
  outlastsRequest(): boolean {
    const { clock, times } = this.options;
    return !this.signal.aborted && this.#until - clock.now() >= longestRequestMs(times) + times.marginMs;
  }

  /** Commits by a check that the lease is held, which is not renewed meanwhile. */
  during<T>(commit: (held: () => KvCheck) => Promise<T>): Promise<T> {
    return this.#one(() => commit(() => this.held));
  }

  async release(): Promise<void> {
    this.#isReleased = true;
    this.#timer?.cancel();
    await this.#one(() => this.options.jobs.release(this.held));
  }

  #renewIn(ms: number): void {
    this.#timer = this.options.clock.after(ms, () => void this.#one(() => this.#renew()));
  }

  async #renew(): Promise<void> {
    if (this.#isReleased || this.signal.aborted) return;
    const { jobs, owner, clock, times } = this.options;
    const now = clock.now();
    const pause = times.leaseMs / RENEWALS;
    try {
      const renewed = await jobs.renew(this.held, owner, times.leaseMs);
      if (!renewed) return this.#lost.abort();
      this.held = renewed;
      this.#until = now + times.leaseMs;
    } catch (error) {
      // Tried again for as long as the lease is held for certain.
      const isInTime = error instanceof KvUnavailable && clock.now() + pause < this.#until;
      if (!isInTime) return this.#lost.abort(error);
    }
    this.#renewIn(pause);
  }
}

import type { Jobs } from '../../jobs/jobs.js';
import type { Clock } from '../../system/clock.js';
import { unlessAborted } from '../../system/unless-aborted.js';
import type { JobJson } from './job-schemas.js';
import { shownJob } from './job-views.js';

/** The newest jobs, which are told of. */
const TOLD = 100;
/** How old what is told may be, and how often progress is looked at, ms. */
const LOOK_MS = 1_000;

export interface JobFeedOptions {
  readonly jobs: Pick<Jobs, 'list' | 'progress' | 'waitsFor' | 'onChange'>;
  readonly clock: Clock;
}

/** How jobs change, for any number of readers: the state is asked once a second for all of them. */
export class JobFeed {
  #looked: { readonly at: number; readonly jobs: Promise<readonly JobJson[]> } | undefined;

  constructor(private readonly options: JobFeedOptions) {}

  /**
   * The newest jobs, then, about once a second, those of them that have changed since: none, often. Ends when `signal` aborts.
   *
   * @throws KvUnavailable
   */
  async *changes(signal: AbortSignal): AsyncGenerator<readonly JobJson[]> {
    const { jobs, clock } = this.options;
    const told = new Map<string, string>();
    let wake: () => void = () => undefined;
    const unwatch = jobs.onChange(() => {
      this.#looked = undefined;
      wake();
    });
    try {
      while (!signal.aborted) {
        const woken = new AbortController();
        wake = () => woken.abort();
        yield changedIn(told, await this.#newest());
        const over = AbortSignal.any([signal, woken.signal]);
        await clock.sleep(LOOK_MS, over).catch(unlessAborted(over));
      }
    } finally {
      unwatch();
    }
  }

  #newest(): Promise<readonly JobJson[]> {
    const now = this.options.clock.now();
    if (!this.#looked || now - this.#looked.at >= LOOK_MS) this.#looked = { at: now, jobs: this.#look() };
    return this.#looked.jobs;
  }

  async #look(): Promise<readonly JobJson[]> {
    const { jobs } = this.options;
    const { items } = await jobs.list({ limit: TOLD });
    return Promise.all(items.map((job) => shownJob(job, jobs)));
  }
}

/** Those that are not as they were told, which are told now. */
function changedIn(told: Map<string, string>, jobs: readonly JobJson[]): JobJson[] {
  const changed = jobs.filter((job) => told.get(job.id) !== JSON.stringify(job));
  told.clear();
  for (const job of jobs) told.set(job.id, JSON.stringify(job));
  return changed;
}

import { KvUnavailable } from '../state/kv.js';
import { Repeating } from '../system/repeating.js';
import { JobLease } from './lease.js';
import { JobRun, type RunJobOptions } from './run-job.js';

export interface JobDriverOptions extends RunJobOptions {
  /** Of this process, among all that work on jobs. */
  readonly id: string;
}

/** How often jobs are looked for that nobody works on, ms: one whose gateway has died is gone on with once its lease is over. */
const LOOK_MS = 2_000;

/** Works on all jobs that are not over, beside any number of other gateways: each job is one's at a time. */
export class JobDriver {
  readonly #closing = new AbortController();
  readonly #running = new Map<number, Promise<void>>();
  readonly #looking: Repeating;
  #unwatch: () => void = () => undefined;

  constructor(private readonly options: JobDriverOptions) {
    const { clock } = options;
    this.#looking = new Repeating({ clock, everyMs: LOOK_MS, action: () => this.#look() });
  }

  start(): void {
    this.#unwatch = this.options.jobs.onChange(() => this.#looking.wake());
    this.#looking.start();
  }

  /** Resolves when the steps under way have ended; other gateways go on. */
  async stop(): Promise<void> {
    this.#unwatch();
    this.#closing.abort();
    await this.#looking.stop();
    await Promise.all(this.#running.values());
  }

  async #look(): Promise<void> {
    try {
      await this.#takeAll();
    } catch (error) {
      if (!(error instanceof KvUnavailable))
        this.options.log.error({ err: error }, 'jobs could not be looked for; it is tried again');
    }
  }

  async #takeAll(): Promise<void> {
    const { jobs, id: owner, clock, times } = this.options;
    for (const id of await jobs.active()) {
      if (this.#running.has(id) || this.#closing.signal.aborted) continue;
      const lease = await JobLease.take(id, { jobs, owner, clock, times });
      if (lease) this.#running.set(id, this.#run(id, lease));
    }
  }

  async #run(id: number, lease: JobLease): Promise<void> {
    const { log } = this.options;
    try {
      await new JobRun(id, lease, this.options).run(this.#closing.signal);
    } catch (error) {
      if (!(error instanceof KvUnavailable))
        log.error({ err: error, job: id }, 'a job was left; it is gone on with');
    } finally {
      await lease.release().catch((error: unknown) => {
        log.warn({ err: error, job: id }, 'the lease of a job is left to run out');
      });
      this.#running.delete(id);
    }
  }
}

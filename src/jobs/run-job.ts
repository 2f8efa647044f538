import type { BucketRecord, BucketStore } from '../state/buckets.js';
import type { JobRecord } from '../state/jobs/job-record.js';
import { isOver } from '../state/jobs/job-record.js';
import type { JobStore } from '../state/jobs/job-store.js';
import { KvUnavailable } from '../state/kv.js';
import type { Passes } from '../state/passes/passes.js';
import { PassControl } from '../sweep/passes/control.js';
import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import { messageOf } from '../system/thrown.js';
import type { Times } from '../system/times.js';
import { unlessAborted } from '../system/unless-aborted.js';
import { type BucketMoves, StepFailed } from './bucket-moves.js';
import type { JobLease } from './lease.js';
import { cleanup } from './phases/cleanup.js';
import { flip } from './phases/flip.js';
import { copy, rest, verify, withErrors } from './phases/passes.js';
import { stage } from './phases/stage.js';
import { unwind } from './phases/unwind.js';
import type { Step, StepEnd } from './step.js';
import {
  gateOpened,
  inPhase,
  Transitions,
  type TransitionsOptions,
  ungated,
  unwinding,
  withPhaseEnded,
} from './transitions.js';

export interface RunJobOptions extends Pick<TransitionsOptions, 'noted'> {
  readonly jobs: JobStore;
  readonly buckets: Pick<BucketStore, 'get' | 'judge' | 'commitWith'>;
  readonly passes: Passes;
  readonly moves: BucketMoves;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly drainMs: number;
  readonly times: Times;
}

/** How often it is looked at what somebody else has to do first, ms: gateways that follow take no time, a pass may take days. */
const LOOK_MS = 100;
const LOOK_AT_PASS_MS = 500;
/** Before a step that failed is tried again, ms: a store or the state is out of reach. */
const AGAIN_MS = 2_000;

/** The job was turned elsewhere while a step was under way: another one follows. */
class Turned extends Error {
  override readonly name = 'Turned';
}

/** Works on one job, step by step, as long as the lease is held and there is something to do. */
export class JobRun {
  readonly #transitions: Transitions;
  readonly #control: PassControl;

  constructor(
    private readonly id: number,
    private readonly lease: JobLease,
    private readonly options: RunJobOptions,
  ) {
    this.#transitions = new Transitions(options);
    this.#control = new PassControl(options.passes, options.clock);
  }

  /** @param closing aborts when this process is to do no more */
  async run(closing: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([closing, this.lease.signal]);
    while (!signal.aborted) {
      const job = await this.options.jobs.get(this.id);
      if (!job || isOver(job)) return;
      const pauseMs = await this.#turn(job, signal);
      await this.options.clock.sleep(pauseMs, signal).catch(unlessAborted(signal));
    }
  }

  /** Takes one step. Resolves to how long to wait before the next one, ms. */
  async #turn(job: JobRecord, signal: AbortSignal): Promise<number> {
    const turned = new AbortController();
    const unwatch = this.options.jobs.onChange(() => void this.#lookAt(job, turned));
    try {
      const bucket = await this.#bucketOf(job);
      const step = this.#step({ job, bucket, signal: AbortSignal.any([signal, turned.signal]) });
      return (await workOf(job)(step)) === 'done' ? 0 : lookMs(job);
    } catch (error) {
      if (signal.aborted || turned.signal.aborted || error instanceof Turned) return 0;
      return await this.#failed(job, error);
    } finally {
      unwatch();
    }
  }

  async #lookAt({ status }: JobRecord, turned: AbortController): Promise<void> {
    const now = await this.options.jobs.get(this.id).catch(() => undefined);
    if (now && now.status !== status) turned.abort(new Turned());
  }

  async #bucketOf({ bucket, bucketId }: JobRecord): Promise<BucketRecord> {
    const record = await this.options.buckets.get(bucket);
    if (record?.id === bucketId && record.job?.id === this.id) return record;
    throw new StepFailed(`bucket "${bucket}" is not this job's any more`);
  }

  #step(at: Pick<Step, 'job' | 'bucket' | 'signal'>): Step {
    const { buckets: _, ...parts } = this.options;
    return {
      ...parts,
      ...at,
      control: this.#control,
      isInTime: () => this.lease.outlastsRequest(),
      fresh: () => this.#bucketOf(at.job),
      commit: async (decide) => {
        at.signal.throwIfAborted();
        await this.#commit((job, bucket) => {
          if (job.status !== at.job.status || bucket?.job?.id !== this.id) throw new Turned();
          return decide(job, bucket);
        });
      },
    };
  }

  #commit(decide: Parameters<Transitions['change']>[1]): Promise<unknown> {
    return this.lease.during((held) => this.#transitions.change(this.id, decide, held));
  }

  async #failed(job: JobRecord, error: unknown): Promise<number> {
    const { log } = this.options;
    if (error instanceof KvUnavailable) return AGAIN_MS;
    const reason = messageOf(error);
    if (error instanceof StepFailed) {
      log.warn({ job: this.id, bucket: job.bucket, phase: job.phase, reason }, 'a job cannot go on');
      await this.#giveUp(job, reason);
      return isPastEnding(job) ? AGAIN_MS : 0;
    }
    log.warn(
      { err: error, job: this.id, bucket: job.bucket, phase: job.phase },
      'a step of a job failed; it is tried again',
    );
    await this.#commit((now) =>
      now.lastError === reason ? undefined : { job: { ...now, lastError: reason } },
    );
    return AGAIN_MS;
  }

  /** What the job cannot do ends it: before anything was copied all is made as it was, later an operator decides. */
  async #giveUp(seen: JobRecord, lastError: string): Promise<void> {
    const { clock } = this.options;
    await this.#commit((job, bucket) => {
      const now = clock.now();
      if (job.status !== seen.status) return undefined;
      const ended = { ...ungated(withPhaseEnded(job, now)), lastError, finishedAt: now };
      if (bucket?.job?.id !== this.id) return { job: { ...ended, status: 'failed' } };
      if (isPastEnding(job)) return { job: { ...job, lastError } };
      if (job.phase === 'stage') return unwinding({ ...job, lastError, ending: 'failed' }, bucket);
      return { job: withErrors(job, lastError, now), bucket: gateOpened(bucket, this.id) };
    });
  }
}

/** Whether it cannot be given up any more: on its way back, or over the flip, what fails is tried again. */
const isPastEnding = ({ ending, flippedAt }: JobRecord): boolean =>
  ending !== undefined || flippedAt !== undefined;

const lookMs = ({ phase, ending }: JobRecord): number =>
  ending === undefined && (phase === 'copy' || phase === 'verify') ? LOOK_AT_PASS_MS : LOOK_MS;

type Work = (step: Step) => Promise<StepEnd>;

const PHASES: Readonly<Record<JobRecord['phase'], Work>> = { stage, copy, verify, flip, cleanup };

function workOf({ status, phase, ending }: JobRecord): Work {
  if (status === 'queued') return begin;
  if (ending !== undefined) return unwind;
  return status === 'paused' ? rest : PHASES[phase];
}

async function begin(step: Step): Promise<StepEnd> {
  await step.commit((job, bucket) => {
    const now = step.clock.now();
    return { job: { ...inPhase(job, job.phase, now), status: 'running', startedAt: now }, bucket };
  });
  return 'done';
}

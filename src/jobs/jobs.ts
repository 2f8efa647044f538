import type { BucketRecord, BucketStore } from '../state/buckets.js';
import {
  holdsBucket,
  isOver,
  type JobFailure,
  type JobKind,
  type JobRecord,
  type JobSettings,
} from '../state/jobs/job-record.js';
import type { FailurePage, JobStore } from '../state/jobs/job-store.js';
import type { Passes } from '../state/passes/passes.js';
import { type Place, placeWords, samePlace } from '../state/place.js';
import { type Page, type PageQuery, untilDone } from '../state/record-store.js';
import type { Clock } from '../system/clock.js';
import { unlessAborted } from '../system/unless-aborted.js';
import type { BucketMoves } from './bucket-moves.js';
import { failuresOf } from './failures.js';
import { type JobProgress, progressOfJob } from './progress.js';
import { JobRefused } from './refused.js';
import {
  type Decide,
  gateClosed,
  gateOpened,
  inPhase,
  type Transition,
  Transitions,
  ungated,
  unwinding,
} from './transitions.js';

/** What is wanted of a job. */
export interface JobWish extends Partial<JobSettings> {
  readonly to: Place;
  /** Who or what asks for it, in words. */
  readonly trigger?: string;
}

export interface JobsOptions {
  readonly jobs: JobStore;
  readonly buckets: Pick<BucketStore, 'judge' | 'commitWith'>;
  readonly passes: Passes;
  readonly moves: Pick<BucketMoves, 'assertMovable' | 'hold' | 'unheardBy' | 'waitingFor'>;
  readonly clock: Clock;
}

const DEFAULTS: JobSettings = {
  deleteSource: false,
  writes: 'gate',
  onExisting: 'fail',
  verify: 'checksum',
  limits: {},
  force: false,
};

/** How long a start waits for all gateways that are in touch to refuse writes, ms. */
const HEARD_MS = 5_000;
/** How often it is looked whether they do, ms. */
const LOOK_MS = 20;
/** Jobs of one bucket that are told. */
const MAX_OF_BUCKET = 100;

/** Jobs that are remembered, the newest. */
const MAX_KEPT = 500;

interface NewJob {
  readonly kind: JobKind;
  readonly wish: JobWish;
  readonly rollbackOf?: number;
}

/**
 * What is asked of jobs; any gateway that has a driver does what they say.
 *
 * @throws JobRefused, KvUnavailable from every method
 */
export class Jobs {
  readonly #transitions: Transitions;

  constructor(private readonly options: JobsOptions) {
    this.#transitions = new Transitions(options);
  }

  /**
   * Begins to move a bucket. Resolves once the job has it, and with `writes: 'gate'` all gateways in touch with the state refuse writes, or some seconds
   * have passed; writes that were under way may still be ending.
   */
  start(bucket: BucketRecord, wish: JobWish): Promise<JobRecord> {
    return this.#begin(bucket, { kind: 'migrate', wish });
  }

  /** Looks whether a bucket could be moved there now. @throws JobRefused with what keeps it from that */
  async assertMovable(bucket: BucketRecord, to: Place): Promise<void> {
    assertFree(bucket);
    if (samePlace(bucket.target, to))
      throw new JobRefused('same_place', `"${bucket.name}" is at ${placeWords(to)} already`);
    await this.options.moves.assertMovable(bucket, to);
  }

  async get(id: number): Promise<JobRecord> {
    return (await this.options.jobs.get(id)) ?? refuseUnknown(id);
  }

  /** The newest first. */
  list(query: PageQuery): Promise<Page<JobRecord>> {
    return this.options.jobs.list(query);
  }

  /** The newest first, at most 100. */
  ofBucket(name: string): Promise<JobRecord[]> {
    return this.options.jobs.ofBucket(name, MAX_OF_BUCKET);
  }

  /** Has all made as it was. `force`: gateways that cannot reach the state are not waited for. */
  cancel(id: number, { force = false }: { readonly force?: boolean } = {}): Promise<JobRecord> {
    return this.#turn(id, (job, bucket) => {
      if (job.flippedAt !== undefined && holdsBucket(job))
        throw new JobRefused('flipped', alreadyFlipped(job));
      if (!holdsBucket(job)) throw wrongStatus(job, 'be cancelled');
      const settings = { ...job.settings, force: job.settings.force || force };
      if (job.status === 'cancelling') return { job: { ...job, settings } };
      if (!bucket) throw noBucket(job.bucket);
      const { finishedAt: _, ...rest } = job;
      const cancelling = { ...rest, settings, status: 'cancelling' as const, ending: 'cancelled' as const };
      return unwinding(cancelling, bucket);
    });
  }

  /** Copying and verifying rest, and clients write meanwhile. */
  pause(id: number): Promise<JobRecord> {
    return this.#turn(id, (job, bucket) => {
      if (job.status === 'paused') return undefined;
      const rests = job.phase === 'copy' || job.phase === 'verify';
      if (job.status !== 'running' || !rests || !bucket)
        throw wrongStatus(job, `be paused: only copying and verifying can`);
      return { job: { ...ungated(job), status: 'paused' }, bucket: gateOpened(bucket, id) };
    });
  }

  resume(id: number): Promise<JobRecord> {
    return this.#turn(id, (job, bucket) => {
      if (job.status === 'running') return undefined;
      if (job.status !== 'paused') throw wrongStatus(job, 'be resumed');
      return this.#goingOn(job, bucket);
    });
  }

  /** Goes on with a job that did not bring over or prove everything, from copying on: what failed alone, or all again where that was copied already. */
  retry(id: number): Promise<JobRecord> {
    return this.#turn(id, (job, bucket) => {
      if (job.status !== 'completed_with_errors') throw wrongStatus(job, 'be tried again');
      const { finishedAt: _, lastError: __, copiedAgain: ___, verified, copied, ...rest } = job;
      const again = { ...rest, ...(copied && !verified && { copied }) };
      return this.#goingOn(inPhase(again, 'copy', this.options.clock.now()), bucket);
    });
  }

  /** Moves a bucket back to where a job took it from, as that stands: what clients wrote since comes along. */
  async rollback(id: number): Promise<JobRecord> {
    const job = await this.get(id);
    if (job.status !== 'succeeded') throw wrongStatus(job, 'be rolled back: only one that succeeded can');
    if (job.settings.deleteSource)
      throw new JobRefused('no_source', `job ${id} has deleted what was at ${placeWords(job.from)}`);
    const bucket = (await this.options.buckets.judge(job.bucket))?.record;
    if (bucket?.id !== job.bucketId) throw noBucket(job.bucket);
    if (!samePlace(bucket.target, job.to))
      throw new JobRefused('no_source', `"${job.bucket}" is not at ${placeWords(job.to)} any more`);
    const { verify, limits } = job.settings;
    const wish = {
      to: job.from,
      verify,
      limits,
      onExisting: 'replace' as const,
      trigger: `rollback of job ${id}`,
    };
    return this.#begin(bucket, { kind: 'rollback', wish, rollbackOf: id });
  }

  /** What did not go well, in pages; `after` is `next` of the page before. */
  async failures(id: number, after?: string): Promise<FailurePage> {
    const { jobs, passes } = this.options;
    return failuresOf(await this.get(id), { jobs, passes, after });
  }

  progress(job: JobRecord): Promise<JobProgress> {
    const { passes, clock } = this.options;
    return progressOfJob(job, passes, clock);
  }

  /** Whom and what a job waits for before its next step, in words; copying and verifying wait for nobody. */
  async waitsFor(job: JobRecord): Promise<readonly string[]> {
    const isAtWork = job.status === 'running' && (job.phase === 'copy' || job.phase === 'verify');
    if (isOver(job) || job.status === 'paused' || isAtWork) return [];
    const bucket = (await this.options.buckets.judge(job.bucket))?.record;
    return bucket?.id === job.bucketId ? this.options.moves.waitingFor(bucket) : [];
  }

  /** Calls back when a job may have changed; not for each object that is copied. Returns the function that ends it. */
  onChange(listener: () => void): () => void {
    return this.options.jobs.onChange(listener);
  }

  async #begin(bucket: BucketRecord, { kind, wish, rollbackOf }: NewJob): Promise<JobRecord> {
    const { to, trigger = 'api', ...given } = wish;
    await this.assertMovable(bucket, to);
    const now = this.options.clock.now();
    const settings = { ...DEFAULTS, ...given };
    const job: Omit<JobRecord, 'id'> = {
      kind,
      bucket: bucket.name,
      bucketId: bucket.id,
      from: bucket.target,
      to,
      settings,
      trigger,
      status: 'queued',
      phase: 'stage',
      phases: [],
      createdAt: now,
      ...(settings.writes === 'gate' && { gatedAt: now }),
      ...(rollbackOf !== undefined && { rollbackOf }),
    };
    const begun = await this.#commitNew(job);
    await this.options.jobs.prune(MAX_KEPT);
    if (settings.writes === 'gate') await this.#heard(begun);
    return begun.job;
  }

  async #commitNew(wanted: Omit<JobRecord, 'id'>): Promise<Required<Transition>> {
    const { jobs, buckets, moves } = this.options;
    return untilDone(`the jobs of ${wanted.bucket}`, async () => {
      const judged = await buckets.judge(wanted.bucket);
      if (judged?.record.id !== wanted.bucketId) throw noBucket(wanted.bucket);
      assertFree(judged.record);
      if (!samePlace(judged.record.target, wanted.from)) throw noBucket(wanted.bucket);
      const next = await jobs.nextId();
      const job = { ...wanted, id: next.id };
      const isGated = job.settings.writes === 'gate';
      const bucket = (isGated ? gateClosed : gateOpened)(judged.record, job.id);
      const { sets, deletes } = jobs.written(job);
      const held = await moves.hold(job.to);
      const commit = {
        checks: [judged.check, next.check, ...held],
        sets: [next.set, ...sets, ...held.map(({ key, value }) => ({ key, value }))],
        deletes,
      };
      return (await buckets.commitWith(bucket, commit)) ? { job, bucket } : 'retry';
    });
  }

  /** Waits for all gateways in touch to serve the bucket by its record, for a time. */
  async #heard({ job, bucket }: Required<Transition>): Promise<void> {
    const { jobs, moves, clock } = this.options;
    const late = new AbortController();
    const timer = clock.after(HEARD_MS, () => late.abort());
    while (!late.signal.aborted && (await moves.unheardBy(bucket)).length > 0) {
      const now = await jobs.get(job.id);
      if (now?.gatedAt === undefined) break;
      await clock.sleep(LOOK_MS, late.signal).catch(unlessAborted(late.signal));
    }
    timer.cancel();
  }

  /** Working again, with the gate closed where the job wants it so. */
  #goingOn(job: JobRecord, bucket: BucketRecord | undefined): Transition {
    if (!bucket) throw noBucket(job.bucket);
    const running: JobRecord = { ...job, status: 'running' };
    if (job.settings.writes === 'live') return { job: running };
    return { job: { ...running, gatedAt: this.options.clock.now() }, bucket: gateClosed(bucket, job.id) };
  }

  async #turn(id: number, decide: Decide): Promise<JobRecord> {
    return (await this.#transitions.change(id, decide)) ?? refuseUnknown(id);
  }
}

function assertFree({ name, shadow, forgetting, job }: BucketRecord): void {
  if (job) throw new JobRefused('job_active', `job ${job.id} has bucket "${name}" already`);
  if (shadow)
    throw new JobRefused('has_shadow', `"${name}" has a shadow: clear that first, then move the bucket`);
  if (forgetting)
    throw new JobRefused('has_shadow', `the shadow of "${name}" is still being cleared: try again`);
}

const alreadyFlipped = ({ id, bucket, to }: JobRecord): string =>
  `"${bucket}" is at ${placeWords(to)} by now: once job ${id} has ended it can be rolled back`;

const wrongStatus = ({ id, status, phase }: JobRecord, what: string): JobRefused =>
  new JobRefused(
    'wrong_status',
    `job ${id} is ${isOver({ status }) ? status : `${status} (${phase})`} and cannot ${what}`,
  );

const noBucket = (name: string): JobRefused => new JobRefused('no_such_bucket', `no bucket "${name}"`);

function refuseUnknown(id: number): never {
  throw new JobRefused('no_such_job', `no job ${id}`);
}

export type { FailurePage, JobFailure, JobProgress, JobRecord };

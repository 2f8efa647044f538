import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { KvUnavailable } from '../../state/kv.js';
import { isActive, type Pass } from '../../state/passes/pass-record.js';
import type { Passes } from '../../state/passes/passes.js';
import type { Clock } from '../../system/clock.js';
import type { Logger } from '../../system/logger.js';
import { messageOf } from '../../system/thrown.js';
import { unlessAborted } from '../../system/unless-aborted.js';
import type { Plan } from '../plan/plan-ranges.js';
import { newRange } from './run-range.js';

/** How a bucket is cut, and what it is thought to have. */
export type PassPlan = Pick<Plan, 'ranges' | 'objects' | 'meanBytes' | 'basis'>;

/** What there is to plan. */
export interface PlannedBucket {
  plan(signal: AbortSignal): Promise<PassPlan>;
  close(): void;
}

export interface PlannerOptions {
  readonly passes: Passes;
  /** Undefined while the bucket cannot be worked on. */
  readonly open: (pass: Pass) => Promise<PlannedBucket | undefined>;
  /** Of this process, among all that work on passes. */
  readonly id: string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Plans are left when it aborts. */
  readonly signal: AbortSignal;
}

/** How long whoever makes a plan may be silent, and how often it says that it is at work, ms. */
const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
/** Before a plan that failed is made anew, ms. */
const RETRY_MS = 5_000;

/** Makes the plans of passes, each in one process at a time; should that die, another begins anew. */
export class Planner {
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(private readonly options: PlannerOptions) {}

  /** Plans a pass unless that is being done, beside what else there is to do: to list a large bucket takes minutes. */
  begin(pass: Pass): void {
    const { log, signal } = this.options;
    if (this.#underWay.has(pass.run) || signal.aborted) return;
    const planning = this.#plan(pass)
      .catch((error: unknown) => log.warn({ err: error, bucket: pass.bucket }, 'a plan could not be noted'))
      .finally(() => this.#underWay.delete(pass.run));
    this.#underWay.set(pass.run, planning);
  }

  async allEnded(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  async #plan(pass: Pass): Promise<void> {
    const { clock, open } = this.options;
    if (pass.plan.owner && pass.plan.owner.until > clock.now()) return;
    const bucket = await open(pass);
    if (!bucket) return;
    try {
      await this.#planOnce(pass, bucket);
    } finally {
      bucket.close();
    }
  }

  async #planOnce(pass: Pass, bucket: PlannedBucket): Promise<void> {
    const { passes, clock, id, signal } = this.options;
    const owner = { id: `${id}/${randomUUID()}`, until: clock.now() + LEASE_MS };
    const claimed = await passes.change(pass.bucketId, pass.kind, (found) =>
      found?.run === pass.run && found.state === 'planning' && (found.plan.owner?.until ?? 0) <= clock.now()
        ? { ...found, plan: { ...found.plan, owner } }
        : undefined,
    );
    if (claimed?.plan.owner?.id !== owner.id) return;
    const over = new AbortController();
    const held = AbortSignal.any([signal, over.signal]);
    // Each request of a plan listens for it.
    setMaxListeners(0, held);
    const renewing = this.#keepRenewing(claimed, over);
    try {
      await this.#planAs(claimed, bucket, held);
    } catch (error) {
      if (!held.aborted) await this.#noteFailure(claimed, error);
    } finally {
      over.abort();
      await renewing;
    }
  }

  async #planAs(pass: Pass, bucket: PlannedBucket, signal: AbortSignal): Promise<void> {
    const plan = await bucket.plan(signal);
    const ranges = plan.ranges.map(({ after, upTo, objects }, index) =>
      newRange({ after, upTo, id: String(index).padStart(6, '0'), planned: objects }),
    );
    const isPlanned = await this.options.passes.plan(pass, ranges, (found) =>
      isOwned(found, pass) ? planned(found, plan) : undefined,
    );
    const { bucket: name, kind } = pass;
    if (isPlanned)
      this.options.log.info(
        { bucket: name, kind, ranges: ranges.length, basis: plan.basis },
        'a pass is planned',
      );
  }

  /** Until it is over, which it is, too, when the plan is no longer this process's to make. */
  async #keepRenewing(pass: Pass, over: AbortController): Promise<void> {
    const { passes, clock } = this.options;
    while (!over.signal.aborted) {
      await clock.sleep(RENEW_MS, over.signal).catch(unlessAborted(over.signal));
      if (over.signal.aborted) return;
      const until = clock.now() + LEASE_MS;
      const renewed = (found: Pass | undefined) =>
        isOwned(found, pass) ? withOwner(found, { ...found.plan.owner, until }) : undefined;
      const now = await passes.change(pass.bucketId, pass.kind, renewed).catch(unlessOutOfReach(pass));
      if (!isOwned(now, pass)) over.abort();
    }
  }

  /** It is planned again by whoever comes next, in a while. */
  async #noteFailure(pass: Pass, error: unknown): Promise<void> {
    const { passes, clock, log, id } = this.options;
    log.warn({ err: error, bucket: pass.bucket }, 'a pass could not be planned; it is tried again');
    const lastError = messageOf(error);
    const owner = { id, until: clock.now() + RETRY_MS };
    await passes.change(pass.bucketId, pass.kind, (found) =>
      isOwned(found, pass) ? { ...withOwner(found, owner), lastError } : undefined,
    );
  }
}

/** What cannot be renewed runs out, and another begins anew. */
const unlessOutOfReach =
  (pass: Pass) =>
  (error: unknown): Pass => {
    if (error instanceof KvUnavailable) return pass;
    throw error;
  };

type Owned = Pass & { readonly plan: { readonly owner: NonNullable<Pass['plan']['owner']> } };

/** Whether `found` is the pass as `claimed` by a planner, and its plan still its own to make: also while the pass is paused. */
const isOwned = (found: Pass | undefined, claimed: Pass): found is Owned =>
  found?.run === claimed.run &&
  !found.plan.isComplete &&
  (isActive(found) || found.state === 'paused') &&
  found.plan.owner?.id === claimed.plan.owner?.id;

const withOwner = (pass: Pass, owner: Pass['plan']['owner']): Pass => ({
  ...pass,
  plan: { ...pass.plan, owner },
});

const planned = (pass: Pass, { ranges, objects, meanBytes, basis }: PassPlan): Pass => ({
  ...pass,
  state: pass.state === 'planning' ? 'running' : pass.state,
  lastError: undefined,
  plan: {
    ...pass.plan,
    isComplete: true,
    ranges: ranges.length,
    objects,
    bytes: Math.round(objects * meanBytes),
    basis,
    owner: undefined,
  },
});

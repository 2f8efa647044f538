import {
  type Finding,
  isActive,
  isOver,
  type Pass,
  type PassKind,
  type PassSettings,
  type Range,
} from '../../state/passes/pass-record.js';
import { FINDINGS_PER_PAGE, type FindingPage, type Passes } from '../../state/passes/passes.js';
import type { Clock } from '../../system/clock.js';
import { nextPass } from './engine.js';
import { newRange } from './run-range.js';

/** A pass cannot do what it is asked to, as it stands. */
export class PassRefused extends Error {
  override readonly name = 'PassRefused';
}

export interface PassBucketName {
  readonly id: string;
  readonly name: string;
}

const DEFAULTS: PassSettings = {
  limits: {},
  onDrift: 'report',
  catchUp: false,
  level: 'checksum',
  sample: 1,
};

/**
 * What an operator asks of the passes over a bucket. Whoever works on them follows.
 *
 * @throws KvUnavailable, PassRefused
 */
export class PassControl {
  constructor(
    private readonly passes: Passes,
    private readonly clock: Clock,
  ) {}

  /** Begins a pass. One that is under way goes on, by the settings that are given; one that is paused goes on again. */
  async start(bucket: PassBucketName, kind: PassKind, given: Partial<PassSettings> = {}): Promise<Pass> {
    let replaced: Pass | undefined;
    const pass = await this.passes.change(bucket.id, kind, (found) => {
      replaced = undefined;
      if (found && !isOver(found)) {
        assertComparable(found, given);
        return { ...goingOn(found), settings: changed(found.settings, given) };
      }
      replaced = found;
      const before = found ?? { bucketId: bucket.id, bucket: bucket.name, kind };
      // What was asked of one pass is not asked of the next, but for how fast it may go.
      const settings = changed({ ...DEFAULTS, limits: found?.settings.limits ?? {} }, given);
      return nextPass(before, { settings, now: this.clock.now() });
    });
    if (replaced) await this.passes.clear(replaced);
    return there(pass, kind);
  }

  async pause(bucket: PassBucketName, kind: PassKind): Promise<Pass> {
    return this.#turn(bucket, kind, (pass) =>
      isActive(pass) ? { ...pass, state: 'paused' } : pass.state === 'paused' ? pass : undefined,
    );
  }

  async resume(bucket: PassBucketName, kind: PassKind): Promise<Pass> {
    return this.#turn(bucket, kind, (pass) => (isOver(pass) ? undefined : goingOn(pass)));
  }

  /** Ends a pass before all was gone through. What was done stays done, and is told. */
  async stop(bucket: PassBucketName, kind: PassKind): Promise<Pass> {
    return this.#turn(bucket, kind, (pass) =>
      isOver(pass) ? pass : { ...pass, state: 'stopped', finishedAt: this.clock.now() },
    );
  }

  /** Changes how fast a pass goes, and the next ones. */
  async configure(bucket: PassBucketName, kind: PassKind, given: Partial<PassSettings>): Promise<Pass> {
    return this.#turn(bucket, kind, (pass) => ({ ...pass, settings: changed(pass.settings, given) }));
  }

  /** Has all that failed tried again, page by page. Resolves to how many those are. */
  async retryFailed(bucket: PassBucketName, kind: PassKind): Promise<number> {
    const pass = there(await this.passes.get(bucket.id, kind), kind);
    const open = new Set<string>();
    for await (const { page } of this.passes.ranges(pass)) if (page !== undefined) open.add(page);
    let count = 0;
    let ranges: Range[] = [];
    const flush = async () => {
      await this.#addToPass(pass, ranges);
      ranges = [];
    };
    for await (const page of this.passes.findings(pass)) {
      const failed = page.findings.filter(({ what }) => what === 'failed');
      if (failed.length === 0 || open.has(page.id)) continue;
      count += failed.length;
      ranges.push(retryRange(page, failed));
      if (ranges.length >= AT_ONCE) await flush();
    }
    if (ranges.length > 0) await flush();
    return count;
  }

  /** One that was over goes on. */
  async #addToPass(pass: Pass, ranges: readonly Range[]): Promise<void> {
    const longer = (found: Pass): Pass => ({
      ...found,
      plan: { ...found.plan, ranges: found.plan.ranges + ranges.length },
      ...(isOver(found) && { state: 'running' as const, finishedAt: undefined }),
    });
    const next = (found: Pass | undefined) => (found?.run === pass.run ? longer(found) : undefined);
    await this.passes.change(pass.bucketId, pass.kind, next, ranges);
  }

  async #turn(
    { id, name }: PassBucketName,
    kind: PassKind,
    turn: (pass: Pass) => Pass | undefined,
  ): Promise<Pass> {
    const pass = await this.passes.change(id, kind, (found) => {
      if (!found) throw new PassRefused(`no ${kind} of "${name}" was begun`);
      const turned = turn(found);
      if (!turned) throw new PassRefused(`the ${kind} of "${name}" is ${found.state}`);
      return turned;
    });
    return there(pass, kind);
  }
}

/** Ranges that are added at once, each with the keys of a page. */
const AT_ONCE = 4;

const retryRange = ({ id }: FindingPage, failed: readonly Finding[]): Range =>
  newRange({
    id: `retry-${id}`,
    planned: Math.min(failed.length, FINDINGS_PER_PAGE),
    page: id,
    keys: failed.map(({ key, bytes, attempts }) => ({ key, size: bytes, attempts })),
  });

/** It was planning when it was paused unless its plan is made. */
const goingOn = (pass: Pass): Pass => ({ ...pass, state: pass.plan.isComplete ? 'running' : 'planning' });

const changed = (settings: PassSettings, given: Partial<PassSettings>): PassSettings => ({
  ...settings,
  ...given,
  limits: { ...settings.limits, ...given.limits },
});

/** What a verification has found would mean nothing if half of it had been looked at otherwise. */
function assertComparable({ kind, bucket, settings }: Pass, given: Partial<PassSettings>): void {
  const { level = settings.level, sample = settings.sample } = given;
  if (level === settings.level && sample === settings.sample) return;
  throw new PassRefused(
    `the ${kind} of "${bucket}" is under way by level ${settings.level}, of ${settings.sample * 100} % of all keys: stop it to begin another`,
  );
}

function there(pass: Pass | undefined, kind: PassKind): Pass {
  if (!pass) throw new PassRefused(`no ${kind} was begun`);
  return pass;
}

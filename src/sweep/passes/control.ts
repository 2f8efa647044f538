import {
  isActive,
  isOver,
  type Pass,
  type PassKind,
  type PassSettings,
} from '../../state/passes/pass-record.js';
import type { Passes } from '../../state/passes/passes.js';
import type { Clock } from '../../system/clock.js';
import { nextPass } from './next-pass.js';
import { retryFailed } from './retry-failed.js';
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
    return this.#begin(bucket, kind, { given, mayGoOn: (found) => assertComparable(found, given) });
  }

  /**
   * Begins a sweep of keys that are named by `addKeys`, or goes on with one of the same list: `digest` tells lists apart. `keys` and `bytes` are what
   * it names in all.
   */
  async startNamed(
    bucket: PassBucketName,
    named: { readonly digest: string; readonly keys: number; readonly bytes: number },
    given: Partial<PassSettings> = {},
  ): Promise<Pass> {
    const { digest, keys: objects, bytes } = named;
    const manifest = { digest, keys: 0 };
    return this.#begin(bucket, 'sweep', {
      given,
      mayGoOn({ plan }) {
        if (plan.manifest?.digest !== digest)
          throw new PassRefused(`another sweep of "${bucket.name}" is under way: stop it first`);
      },
      planned: (pass) => ({
        ...pass,
        state: 'running',
        plan: { ...pass.plan, objects, bytes, basis: 'named by a manifest', manifest },
      }),
    });
  }

  async #begin(
    { id: bucketId, name }: PassBucketName,
    kind: PassKind,
    { given, mayGoOn, planned = (pass) => pass }: Beginning,
  ): Promise<Pass> {
    let replaced: Pass | undefined;
    const pass = await this.passes.change(bucketId, kind, (found) => {
      replaced = undefined;
      if (found && !isOver(found)) {
        mayGoOn(found);
        return { ...this.#goingOn(found), settings: changed(found.settings, given) };
      }
      replaced = found;
      // What was asked of one pass is not asked of the next, but for how fast it may go.
      const settings = changed({ ...DEFAULTS, limits: found?.settings.limits ?? {} }, given);
      const before = found ?? { bucketId, bucket: name, kind };
      return planned(nextPass(before, { settings, now: this.clock.now() }));
    });
    if (replaced) await this.passes.clear(replaced);
    return there(pass, kind);
  }

  /**
   * Adds the keys of the list from the `from`-th on, which make a range. Where others have come already nothing is added, and `keys` tells where to go on;
   * `isFull`: nothing was added since there is enough to do.
   */
  async addKeys(
    bucket: PassBucketName,
    named: NamedKeys,
  ): Promise<{ readonly keys: number; readonly isFull: boolean }> {
    const { run, from, keys } = named;
    const seen = await this.passes.get(bucket.id, 'sweep');
    if (!seen || seen.run !== run || isOver(seen))
      throw new PassRefused(`the sweep of "${bucket.name}" is over`);
    if (seen.plan.ranges - seen.finished >= MOST_NAMED)
      return { keys: seen.plan.manifest?.keys ?? 0, isFull: true };
    const id = `named-${String(from).padStart(12, '0')}`;
    const isNext = ({ plan }: Pass) => plan.manifest?.keys === from && !plan.isComplete;
    const ranges =
      keys.length === 0 || !isNext(seen) ? [] : [newRange({ id, planned: keys.length, keys: [...keys] })];
    const pass = await this.passes.change(
      bucket.id,
      'sweep',
      (found) =>
        found?.run === run && !isOver(found) && isNext(found) ? this.#withNamed(found, named) : undefined,
      ranges,
    );
    return { keys: pass?.plan.manifest?.keys ?? 0, isFull: false };
  }

  /** The last keys may come when all others have been gone through. */
  #withNamed(pass: Pass, { from, keys, isLast }: NamedKeys): Pass {
    const { plan, finished } = pass;
    const ranges = plan.ranges + (keys.length === 0 ? 0 : 1);
    const manifest = plan.manifest && { ...plan.manifest, keys: from + keys.length };
    const isDone = isLast && finished >= ranges;
    return {
      ...pass,
      plan: { ...plan, ranges, manifest, isComplete: isLast },
      ...(isDone && { state: 'done' as const, finishedAt: this.clock.now() }),
    };
  }

  async pause(bucket: PassBucketName, kind: PassKind): Promise<Pass> {
    return this.#turn(bucket, kind, (pass) =>
      isActive(pass) ? { ...pass, state: 'paused' } : pass.state === 'paused' ? pass : undefined,
    );
  }

  async resume(bucket: PassBucketName, kind: PassKind): Promise<Pass> {
    return this.#turn(bucket, kind, (pass) => (isOver(pass) ? undefined : this.#goingOn(pass)));
  }

  /** Ends a pass before all was gone through, and lets none follow it. What was done stays done, and is told. */
  async stop(bucket: PassBucketName, kind: PassKind): Promise<Pass> {
    return this.#turn(bucket, kind, (pass) =>
      isOver(pass)
        ? { ...pass, settings: { ...pass.settings, catchUp: false } }
        : { ...pass, state: 'stopped', finishedAt: this.clock.now() },
    );
  }

  /** Changes how fast a pass goes, and the next ones. */
  async configure(bucket: PassBucketName, kind: PassKind, given: Partial<PassSettings>): Promise<Pass> {
    return this.#turn(bucket, kind, (pass) => ({ ...pass, settings: changed(pass.settings, given) }));
  }

  /** Has what failed tried again: all of it, or these keys. Resolves to how many that are; those that are tried again already are not among them. */
  async retryFailed(bucket: PassBucketName, kind: PassKind, keys?: readonly string[]): Promise<number> {
    const pass = there(await this.passes.get(bucket.id, kind), kind);
    const named = keys && new Set(keys);
    return retryFailed(this.passes, pass, (key) => named?.has(key) ?? true);
  }

  /** It was planning when it was paused unless its plan is made; and its last ranges may have ended since. */
  #goingOn(pass: Pass): Pass {
    const { isComplete, ranges, manifest } = pass.plan;
    if (isComplete && pass.finished >= ranges)
      return { ...pass, state: 'done', finishedAt: this.clock.now(), lastError: undefined };
    return { ...pass, state: isComplete || manifest ? 'running' : 'planning' };
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

interface Beginning {
  readonly given: Partial<PassSettings>;
  /** Throws where the pass that is under way is not the one that is asked for. */
  readonly mayGoOn: (found: Pass) => void;
  /** A pass that is new, with what is known of it from the beginning. */
  readonly planned?: (pass: Pass) => Pass;
}

export interface NamedKeys {
  readonly run: string;
  /** So many of the list have come before. */
  readonly from: number;
  readonly keys: readonly { readonly key: string; readonly size?: number | undefined }[];
  readonly isLast: boolean;
}

/** Ranges of named keys that wait to be gone through, at most. */
const MOST_NAMED = 64;

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

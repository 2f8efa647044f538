import type { CopyOutcome } from '../../shadow/copying/copy-outcome.js';
import type { MigrateOptions } from '../../shadow/copying/migrate.js';
import type { Clock } from '../../system/clock.js';
import type { Logger } from '../../system/logger.js';
import type { Row } from '../row.js';
import type { PassWork } from './pass-work.js';
import type { Ended } from './tracker.js';

export interface CopyWorkOptions {
  /** The copy that reads make too, so that the protocol holds. */
  readonly migrate: (key: string, options: MigrateOptions) => Promise<CopyOutcome>;
  /** Runs a copy as soon as both stores bear one more. Rejects with the signal's reason. */
  readonly paced: <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;
  readonly through?: MigrateOptions['through'];
  /** What is to be done about a key that both stores have. */
  readonly judgeBoth: (row: Row, signal: AbortSignal) => Promise<Ended> | Ended;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
}

/** Why an object was not copied that somebody was writing at each attempt, or that a writer who died has left half-written. */
export const WRITTEN_EACH_TIME = 'clients were writing it each time';

/** How long a failed copy rests before it is tried again, ms. */
const RESTS_MS = [1_000, 5_000];

/** SWEEP: what the shadow has, the target has not and clients did not delete is copied. An object that fails never stops the rest. */
export function copyWork({ migrate, paced, through, judgeBoth, clock, log }: CopyWorkOptions): PassWork {
  async function copy(
    key: string,
    listed: Row['source'],
    signal: AbortSignal,
  ): Promise<CopyOutcome & { attempts: number }> {
    for (let attempts = 1; ; attempts += 1) {
      const hints = { as: 'sweep' as const, listed, through };
      const outcome = await paced(() => migrate(key, hints), signal);
      const rest = RESTS_MS[attempts - 1];
      const isLeft = outcome.state === 'failed' || outcome.state === 'superseded';
      if (outcome.state === 'failed')
        log.warn({ key, reason: outcome.reason, attempts }, 'an object was not copied');
      if (!isLeft || rest === undefined) return { ...outcome, attempts };
      await clock.sleep(rest, signal);
    }
  }

  return {
    judge(row, signal) {
      const { key, source, target, isDeleted } = row;
      if (!source) return undefined;
      if (target) return judgeBoth(row, signal);
      if (isDeleted) return { key, outcome: 'deleted', bytes: source.size };
      return copy(key, source, signal).then((outcome) => endOf(key, outcome, source.size));
    },
    again: async (key, bytes, signal) => endOf(key, await copy(key, undefined, signal), bytes),
  };
}

function endOf(key: string, outcome: CopyOutcome & { readonly attempts: number }, bytes: number): Ended {
  const { attempts } = outcome;
  switch (outcome.state) {
    case 'copied':
      return { key, bytes: outcome.bytes, attempts, outcome: 'copied' };
    case 'absent':
      return { key, bytes, attempts, outcome: 'gone' };
    case 'failed':
      return { key, bytes, attempts, outcome: 'failed', reason: outcome.reason };
    // Whoever was writing it may have failed to: then the target still has nothing.
    case 'superseded':
      return { key, bytes, attempts, outcome: 'failed', reason: WRITTEN_EACH_TIME };
    default:
      return { key, bytes, attempts, outcome: outcome.state };
  }
}

import type { S3Filter } from '../../s3/message.js';
import type { Clock } from '../../system/clock.js';
import { AdaptiveLimit } from './adaptive-limit.js';
import { Gate, type Obstacle } from './gate.js';
import { heeding } from './heeding.js';
import type { PaceLimits } from './limits.js';
import { pacingBodies } from './paced-body.js';
import { RecentRate } from './recent-rate.js';
import { RequestLimit } from './request-limit.js';
import { TokenBucket } from './token-bucket.js';
import { nextMinute, type WindowTimes, windowTimes } from './window.js';

/** What the next object waits for. `target`, `shadow`: that store asked to be left alone. `clients`: their requests come first. `requests`, `bandwidth`: that limit. */
export type WaitsFor = 'window' | 'target' | 'shadow' | 'clients' | 'requests' | 'bandwidth';

export interface PaceState {
  /** Objects at a time: those under way, how many there may be now, and how many each store bears. */
  readonly slots: {
    readonly underWay: number;
    readonly now: number;
    readonly target: number;
    readonly shadow: number;
  };
  /** Undefined when no object waits, or only because as many are under way as both stores bear; `until`, unix milliseconds, where that is known. */
  readonly waits?: { readonly for: WaitsFor; readonly until?: number };
  /** Of the last ten seconds, on average. */
  readonly bytesPerSecond: number;
  readonly requestsPerSecond: number;
}

/** How fast the sweep of one bucket goes in this process. */
export interface Pacer {
  /** What the sweep's services of both stores have around them: what comes is passed on as it is, and nothing is sent twice. */
  readonly through: { readonly target: S3Filter; readonly shadow: S3Filter };
  /**
   * Runs `work`, which moves one object, as soon as both stores bear one more, clients' requests leave room, and limits and window allow it; in the order of the calls.
   *
   * @throws the signal's reason while it waits, PacerClosed, and what `work` throws
   */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /**
   * With effect at once, but for bodies that began without a limit of bandwidth.
   *
   * @param share the part of the limits that is this process's, 0 to 1
   */
  setLimits(limits: PaceLimits, share: number): void;
  readonly state: PaceState;
  /** No object is begun any more; those under way end without limits. */
  close(): void;
}

export interface PacerOptions {
  readonly clock: Clock;
  /** Requests of clients that are under way in this process. */
  readonly clientRequests: () => number;
}

export class PacerClosed extends Error {
  override readonly name = 'PacerClosed';
}

/** Under a limit of bandwidth no more objects are begun than have so many bytes per second each: others would but stand still side by side. */
const LEAST_FLOW = 20_000;
/** How often it is looked whether clients have left room, ms. */
const LOOK_MS = 100;

export function createPacer({ clock, clientRequests }: PacerOptions): Pacer {
  const limits = { target: new AdaptiveLimit(clock), shadow: new AdaptiveLimit(clock) };
  const rates = { bytes: new RecentRate(clock), requests: new RecentRate(clock) };
  const bandwidth = new TokenBucket(clock);
  const tokens = new TokenBucket(clock);
  const requests = new RequestLimit(tokens);
  let window: WindowTimes | undefined;

  const borne = () => Math.min(limits.target.now, limits.shadow.now);
  const fed = () => Math.max(1, Math.floor(bandwidth.perSecond / LEAST_FLOW));
  const room = () => Math.max(1, Math.min(borne(), fed()) - clientRequests());

  function obstacle(): Obstacle<WaitsFor | 'slots'> | undefined {
    const now = clock.now();
    if (window && !window.isOpen(now)) return { for: 'window', lookIn: nextMinute(now) - now };
    for (const store of ['target', 'shadow'] as const)
      if (limits[store].heldFor > 0) return { for: store, lookIn: limits[store].heldFor };
    if (gate.underWay >= borne()) return { for: 'slots' };
    if (gate.underWay >= fed()) return { for: 'bandwidth' };
    if (gate.underWay >= room()) return { for: 'clients', lookIn: LOOK_MS };
    return tokens.hasSome() ? undefined : { for: 'requests', lookIn: Math.max(1, tokens.emptyFor) };
  }

  const gate = new Gate({ clock, obstacle, begun: () => requests.beginObject() });

  const heed = (limit: AdaptiveLimit): S3Filter =>
    heeding({
      clock,
      limit,
      requests,
      underWay: () => gate.underWay,
      sent: () => rates.requests.add(1),
      answered: () => gate.look(),
    });
  const pace = pacingBodies({ bucket: bandwidth, passed: (bytes) => rates.bytes.add(bytes) });
  const heedShadow = heed(limits.shadow);

  /** When what is waited for is over. */
  function end(waits: WaitsFor): number | undefined {
    const now = clock.now();
    if (waits === 'window') return window?.opensAt(now);
    return waits === 'target' || waits === 'shadow' ? now + limits[waits].heldFor : undefined;
  }

  function waits(): PaceState['waits'] {
    const reason = gate.obstacle?.for;
    if (reason === undefined || reason === 'slots') return undefined;
    const until = end(reason);
    return { for: reason, ...(until !== undefined && { until }) };
  }

  return {
    through: { target: heed(limits.target), shadow: (service) => pace(heedShadow(service)) },
    async run(work, signal) {
      await gate.enter(signal);
      try {
        return await work();
      } finally {
        requests.endObject(gate.underWay - 1);
        gate.leave();
      }
    },
    setLimits(set, share) {
      bandwidth.setRate(partOf(set.maxBandwidth, share));
      tokens.setRate(partOf(set.maxRequests, share));
      window = set.window && windowTimes(set.window);
      gate.look();
    },
    get state() {
      const waiting = waits();
      return {
        slots: {
          underWay: gate.underWay,
          now: room(),
          target: limits.target.now,
          shadow: limits.shadow.now,
        },
        ...(waiting && { waits: waiting }),
        bytesPerSecond: rates.bytes.perSecond,
        requestsPerSecond: rates.requests.perSecond,
      };
    },
    close() {
      gate.close(new PacerClosed('the sweep of this bucket is over'));
      bandwidth.setRate(Number.POSITIVE_INFINITY);
      tokens.setRate(Number.POSITIVE_INFINITY);
    },
  };
}

const partOf = (limit: number | undefined, share: number): number =>
  limit === undefined ? Number.POSITIVE_INFINITY : limit * share;

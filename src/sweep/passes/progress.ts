import type { Pass, Waits } from '../../state/passes/pass-record.js';
import type { Passes } from '../../state/passes/passes.js';
import { OUTCOMES, type Outcome, type Sum, sumOf, type Tally } from '../../state/passes/tally.js';
import type { Clock } from '../../system/clock.js';

/** How far a pass is, over all who work on it. */
export interface Progress {
  readonly pass: Pass;
  /** Of all its ranges, gone through or not. */
  readonly tally: Tally;
  /** What the shadow has, or is thought to have. */
  readonly total: Sum;
  readonly isExact: boolean;
  /** How the total was found, in words. */
  readonly basis: string;
  readonly done: Sum;
  /** Per second, lately, of all who work on it. */
  readonly rate: Sum;
  /** Milliseconds until it ends at this rate; undefined when it stands still. */
  readonly etaMs: number | undefined;
  readonly kept: number;
  readonly spilled: number;
  /** What they wait for. */
  readonly waits: readonly Waits[];
  /** Processes that work on it now. */
  readonly workers: readonly string[];
}

/** Those that are of the shadow's objects and need no more work. */
const DONE: ReadonlySet<Outcome> = new Set<Outcome>(
  OUTCOMES.filter((outcome) => outcome !== 'failed' && outcome !== 'extra'),
);

/** @throws KvUnavailable */
export async function progressOf(pass: Pass, passes: Passes, clock: Clock): Promise<Progress> {
  const now = clock.now();
  let { tally, kept, spilled } = pass;
  let [left, isListed] = [0, pass.plan.isComplete];
  const rate = { objects: 0, bytes: 0 };
  const workers = new Set<string>();
  const waits = new Map<string, Waits>();
  for await (const range of passes.ranges(pass)) {
    tally = sumOf(tally, range.tally);
    kept += range.kept;
    spilled += range.spilled;
    const seen = seenOf(range.tally).objects;
    left += Math.max(range.planned - seen, 0);
    isListed = false;
    if (!range.owner || range.owner.until <= now) continue;
    workers.add(range.owner.id);
    if (range.waits) waits.set(range.waits.for, range.waits);
    rate.objects += range.rate?.objects ?? 0;
    rate.bytes += range.rate?.bytes ?? 0;
  }
  const seen = seenOf(tally);
  const isExact = isListed || pass.state === 'done';
  const total = isExact ? seen : estimated(pass, seen, left);
  const done = sumIn(tally, DONE);
  return {
    pass,
    tally,
    total,
    isExact,
    basis: basisOf(pass, isExact),
    done,
    rate,
    etaMs: etaOf(total, done, rate),
    kept,
    spilled,
    waits: [...waits.values()],
    workers: [...workers],
  };
}

/** What was seen, and what the ranges that are left are thought to have: what the plan listed, or of the mean size. */
function estimated({ plan }: Pass, seen: Sum, left: number): Sum {
  const objects = plan.isComplete ? seen.objects + left : Math.max(plan.objects, seen.objects);
  const rest = objects - seen.objects;
  const bytes = rest > 0 && isListed(plan) ? Math.max(0, plan.bytes - seen.bytes) : rest * meanOf(plan, seen);
  return { objects: Math.round(objects), bytes: Math.round(seen.bytes + bytes) };
}

/** Whether the plan knows what there was, large objects and small ones. */
const isListed = ({ basis }: Pass['plan']): boolean => basis.startsWith('listed');

function meanOf(plan: Pass['plan'], seen: Sum): number {
  if (seen.objects > 0) return seen.bytes / seen.objects;
  return plan.objects > 0 ? plan.bytes / plan.objects : 0;
}

function basisOf({ plan, finished }: Pass, isExact: boolean): string {
  if (isExact) return 'listed';
  return plan.basis === ''
    ? 'it is not planned yet'
    : `${plan.basis}; ${finished} of ${plan.ranges} ranges done`;
}

function etaOf(total: Sum, done: Sum, rate: Sum): number | undefined {
  const objects = rate.objects > 0 ? (total.objects - done.objects) / rate.objects : undefined;
  const bytes = rate.bytes > 0 ? (total.bytes - done.bytes) / rate.bytes : undefined;
  const seconds = Math.max(objects ?? 0, bytes ?? 0);
  return objects === undefined && bytes === undefined ? undefined : Math.max(0, Math.round(seconds * 1_000));
}

const SEEN: ReadonlySet<Outcome> = new Set<Outcome>(OUTCOMES.filter((outcome) => outcome !== 'extra'));

const seenOf = (tally: Tally): Sum => sumIn(tally, SEEN);

function sumIn({ counts }: Tally, outcomes: ReadonlySet<Outcome>): Sum {
  const sum = { objects: 0, bytes: 0 };
  for (const [outcome, { objects, bytes }] of Object.entries(counts)) {
    if (!outcomes.has(outcome as Outcome)) continue;
    sum.objects += objects;
    sum.bytes += bytes;
  }
  return sum;
}

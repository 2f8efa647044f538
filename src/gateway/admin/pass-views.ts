import type { Finding, Pass, PassSettings } from '../../state/passes/pass-record.js';
import type { FindingPage } from '../../state/passes/passes.js';
import { countOf, OUTCOMES, type Tally } from '../../state/passes/tally.js';
import { readLimits } from '../../sweep/pace/limits.js';
import { windowTimes } from '../../sweep/pace/window.js';
import { isFollowed } from '../../sweep/passes/next-pass.js';
import type { Progress } from '../../sweep/passes/progress.js';
import { isoTime } from './iso-time.js';
import { limitsOf } from './pass-limits.js';
import type { BegunPassJson, FindingsJson, PassJson, SettingsInput } from './pass-schemas.js';

/** How far a pass is, as the admin API shows it; `undefined` where none was begun. @param now unix milliseconds */
export function passJson(progress: Progress | undefined, now: number): PassJson {
  return progress ? begunJson(progress, now) : NONE;
}

const NONE: PassJson = {
  state: 'idle',
  objects_copied: 0,
  bytes_copied: 0,
  failed: 0,
  started_at: null,
  finished_at: null,
  last_error: null,
};

function begunJson(progress: Progress, now: number): BegunPassJson {
  const { pass, tally, total, done, kept, spilled } = progress;
  const copied = countOf(tally, 'copied');
  return {
    state: pass.state,
    objects_copied: copied.objects,
    bytes_copied: copied.bytes,
    failed: countOf(tally, 'failed').objects,
    started_at: isoTime(pass.startedAt),
    finished_at: isoTime(pass.finishedAt),
    last_error: pass.lastError ?? null,
    run: pass.run,
    number: pass.number,
    settings: settingsJson(pass),
    objects: { done: done.objects, total: total.objects },
    bytes: { done: done.bytes, total: total.bytes },
    exact: progress.isExact,
    basis: progress.basis,
    rate: { objects: rounded(progress.rate.objects), bytes: rounded(progress.rate.bytes) },
    eta_seconds: progress.etaMs === undefined ? null : Math.ceil(progress.etaMs / 1_000),
    counts: tally.counts,
    reasons: reasonsJson(tally),
    findings: { kept, spilled, spilled_to: pass.spilledTo ?? null },
    ranges: { done: pass.finished, total: pass.plan.ranges },
    workers: [...progress.workers],
    waits_for: waitsFor(progress, now),
    is_over: (pass.state === 'done' || pass.state === 'stopped') && !isFollowed(pass),
  };
}

const rounded = (rate: number): number => Math.round(rate * 10) / 10;

function settingsJson({ kind, settings }: Pass): BegunPassJson['settings'] {
  const { limits, onDrift, catchUp, level, sample } = settings;
  return {
    max_bandwidth: limits.maxBandwidth ?? null,
    max_requests: limits.maxRequests ?? null,
    window: limits.window ?? null,
    ...(kind === 'sweep' ? { on_drift: onDrift, catch_up: catchUp } : { level, sample }),
  };
}

function reasonsJson({ reasons }: Tally): BegunPassJson['reasons'] {
  return Object.entries(reasons)
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => ({ ...namedReason(name), count }));
}

/** Those for which there was no name left have no outcome. */
function namedReason(name: string): { readonly outcome: string | null; readonly reason: string } {
  const outcome = OUTCOMES.find((one) => name.startsWith(`${one} `));
  return outcome ? { outcome, reason: name.slice(outcome.length + 1) } : { outcome: null, reason: name };
}

/** What keeps it from going faster, or at all; null where that is nothing but what the stores bear. */
function waitsFor({ pass: { state, settings }, waits }: Progress, now: number): string | null {
  if (state !== 'running') return null;
  const { window } = readLimits(settings.limits);
  const times = window && windowTimes(window);
  if (times && !times.isOpen(now))
    return `its window ${settings.limits.window}, which opens at ${isoTime(times.opensAt(now))}`;
  const words = waits.flatMap(({ for: reason, until }) => {
    const known = WAITS.get(reason);
    return known === undefined ? [] : [until === undefined ? known : `${known} until ${isoTime(until)}`];
  });
  return words.length === 0 ? null : words.join(', ');
}

/** By `WaitsFor` of the pacers, but for what is always so, and for the window. */
const WAITS: ReadonlyMap<string, string> = new Map([
  ['target', 'the target, which asks to be left alone'],
  ['shadow', 'the shadow, which asks to be left alone'],
  ['clients', 'clients, whose requests go first'],
  ['requests', 'its limit of requests'],
  ['bandwidth', 'its limit of bandwidth'],
]);

/** What an operator has set. */
export function toSettings(input: Partial<SettingsInput>): Partial<PassSettings> {
  const { on_drift, catch_up, level, sample } = input;
  return {
    limits: limitsOf(input),
    ...(on_drift !== undefined && { onDrift: on_drift }),
    ...(catch_up !== undefined && { catchUp: catch_up }),
    ...(level !== undefined && { level }),
    ...(sample !== undefined && { sample }),
  };
}

/** As many whole pages as `limit` findings allow, one at least: a page may get shorter while it is read, so that no place in it lasts. */
export async function findingsJson(pages: AsyncIterable<FindingPage>, limit: number): Promise<FindingsJson> {
  const found: Finding[] = [];
  let last: string | null = null;
  for await (const { id, findings } of pages) {
    if (last !== null && found.length + findings.length > limit)
      return { findings: found.map(findingJson), next: last };
    found.push(...findings);
    last = id;
  }
  return { findings: found.map(findingJson), next: null };
}

const findingJson = ({ at, ...finding }: Finding): FindingsJson['findings'][number] => ({
  ...finding,
  at: new Date(at).toISOString(),
});

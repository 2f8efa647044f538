import type { BegunPassJson, PassJson } from '../gateway/admin/pass-schemas.js';
import type { PassKind } from '../state/passes/pass-record.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMany,
  formatObjects,
  formatPercent,
  formatTable,
} from './format.js';

export const NOUNS = { sweep: 'sweep', verify: 'verification' } as const;

type Row = readonly [string, string];
type Outcome = keyof BegunPassJson['counts'];

export const isBegun = (pass: PassJson): pass is BegunPassJson => pass.state !== 'idle';

/** What `storage sweep NAME status` tells a reader, and the like of verifications. */
export function passText(kind: PassKind, bucket: string, pass: PassJson): string[] {
  if (!isBegun(pass)) return [`no ${NOUNS[kind]} of ${bucket} was begun`];
  return formatTable([titleOf(kind, bucket, pass), ['Done', doneWords(pass)], ...passRows(kind, pass)]);
}

function titleOf(kind: PassKind, bucket: string, pass: BegunPassJson): Row {
  const { level, sample = 1 } = pass.settings;
  const how =
    level === undefined ? '' : ` by ${level}${sample < 1 ? `, ${percentOf(sample)} of all keys` : ''}`;
  return [capital(NOUNS[kind]), `${pass.number} of ${bucket}${how}, ${stateWords(pass)}`];
}

export function stateWords({ state, started_at, finished_at }: BegunPassJson): string {
  return finished_at === null
    ? `${state}, begun ${started_at}`
    : `${state} ${finished_at}, begun ${started_at}`;
}

/** Estimates are told as such, with their basis. */
export function doneWords({ objects, bytes, exact, basis }: BegunPassJson): string {
  if (!exact && objects.total === 0) return `nothing yet, of how much is not known: ${basis}`;
  const about = exact ? '' : 'about ';
  const share = `${about}${formatPercent(objects.done, objects.total)}`;
  const ofObjects = `${formatCount(objects.done)} of ${about}${formatObjects(objects.total)} (${share})`;
  const ofBytes = `${formatBytes(bytes.done)} of ${about}${formatBytes(bytes.total)}`;
  return `${ofObjects}, ${ofBytes}${exact ? '' : `; ${basis}`}`;
}

/** All but what it is and how far: what came of it, and what keeps it. */
export function passRows(kind: PassKind, pass: BegunPassJson): Row[] {
  const optional = (label: string, words: string): Row[] => (words === '' ? [] : [[label, words]]);
  return [
    ...optional('Rate', pass.is_over ? '' : rateWords(pass)),
    ...(kind === 'sweep' ? sweptRows(pass) : verifiedRows(pass)),
    ...optional('Waits', pass.waits_for === null ? '' : `for ${pass.waits_for}`),
    ...optional('Limits', limitWords(pass)),
    ...optional('Workers', pass.workers.join(', ')),
    ...optional('Problem', pass.last_error ?? ''),
  ];
}

export function rateWords({ rate, eta_seconds }: BegunPassJson): string {
  if (rate.objects === 0 && rate.bytes === 0) return '';
  const left = eta_seconds === null ? '' : `, about ${formatDuration(eta_seconds)} left`;
  return `${formatCount(rate.objects)} objects/s, ${formatBytes(rate.bytes)}/s${left}`;
}

function sweptRows(pass: BegunPassJson): Row[] {
  const skipped = Object.entries(SKIPPED).flatMap(([outcome, words]) => {
    const { objects = 0 } = pass.counts[outcome as Outcome] ?? {};
    return objects === 0 ? [] : [`${formatCount(objects)} ${words}`];
  });
  return [
    ['Copied', amountWords(pass, 'copied') || formatObjects(0)],
    ...rowOf('Renewed', pass, 'renewed'),
    ...(skipped.length === 0 ? [] : [['Skipped', skipped.join(', ')] as const]),
    ...rowOf('Failed', pass, 'failed'),
    ...rowOf('Drifted', pass, 'drifted'),
  ];
}

/** Why a sweep had nothing to do about a key. */
const SKIPPED: Readonly<Partial<Record<Outcome, string>>> = {
  present: 'that the target had',
  deleted: 'that clients deleted',
  gone: 'that the shadow has no longer',
};

function verifiedRows(pass: BegunPassJson): Row[] {
  return Object.keys(pass.counts).flatMap((outcome) => rowOf(capital(outcome), pass, outcome as Outcome));
}

function rowOf(label: string, pass: BegunPassJson, outcome: Outcome): Row[] {
  const words = amountWords(pass, outcome);
  return words === '' ? [] : [[label, `${words}${reasonWords(pass, outcome)}`]];
}

/** Empty where there is none. */
function amountWords({ counts }: BegunPassJson, outcome: Outcome): string {
  const { objects = 0, bytes = 0 } = counts[outcome] ?? {};
  return objects === 0 ? '' : `${formatObjects(objects)}, ${formatBytes(bytes)}`;
}

const MAX_REASONS = 3;

function reasonWords({ reasons }: BegunPassJson, outcome: Outcome): string {
  const its = reasons.filter((reason) => reason.outcome === outcome);
  const words = its.slice(0, MAX_REASONS).map(({ reason, count }) => `${formatCount(count)} ${reason}`);
  const more = its.length > MAX_REASONS ? ['other reasons'] : [];
  return its.length === 0 ? '' : `: ${[...words, ...more].join('; ')}`;
}

function limitWords({ settings }: BegunPassJson): string {
  const { max_bandwidth, max_requests, window } = settings;
  return [
    ...(max_bandwidth === null ? [] : [`${formatBytes(max_bandwidth)}/s`]),
    ...(max_requests === null ? [] : [`${formatMany(max_requests, 'request')}/s`]),
    ...(window === null ? [] : [window]),
  ].join(', ');
}

const percentOf = (share: number): string => `${Number((share * 100).toPrecision(6))} %`;

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

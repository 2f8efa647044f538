import type { JobJson } from '../gateway/admin/job-schemas.js';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMany,
  formatObjects,
  formatPercent,
  formatTable,
} from './format.js';

type Row = readonly [string, string];

/** What `penumbra jobs show` tells a reader. */
export function jobText(job: JobJson): string[] {
  const optional = (label: string, words: string): Row[] => (words === '' ? [] : [[label, words]]);
  return formatTable([
    ['Job', `${job.id}, ${statusWords(job)}`],
    ['Moves', movesWords(job)],
    ...optional('Writes', isOver(job) ? '' : WRITES[job.detail.writes]),
    ['Done', doneWords(job)],
    ...optional('Rate', rateWords(job)),
    ...optional('Skipped', job.progress.skipped === 0 ? '' : formatObjects(job.progress.skipped)),
    ...optional('Failed', failedWords(job)),
    ...optional('Waits', job.waits_for.length === 0 ? '' : `for ${job.waits_for.join(', ')}`),
    ...optional('Existing', existingWords(job)),
    ...optional('Deleted', deletedWords(job)),
    ...optional('Limits', limitWords(job)),
    ...optional('Phases', phaseWords(job)),
    ...optional('Problem', job.last_error ?? ''),
  ]);
}

/** What `penumbra jobs list` tells a reader. */
export function jobListText(jobs: readonly JobJson[]): string[] {
  const rows = jobs.map((job) => [
    job.id,
    job.name,
    job.status,
    isOver(job) ? '-' : job.phase,
    `${Math.floor(job.percent)} %`,
    isoTime(job.created_at),
  ]);
  return formatTable([['ID', 'JOB', 'STATUS', 'PHASE', 'DONE', 'CREATED'], ...rows]);
}

/** What a bar tells beside itself. */
export function jobBarText(job: JobJson): string {
  const { progress, phase, status } = job;
  return [
    formatPercent(shareOf(job), 1),
    ...(progress.failed === 0 ? [] : [`${formatCount(progress.failed)} failed`]),
    status === 'running' ? phase : status,
    ...(progress.total === 0 ? [] : [amountWords(job)]),
    rateWords(job),
  ]
    .filter((part) => part !== '')
    .join('  ');
}

/** From 0 to 1. */
export const shareOf = ({ percent }: JobJson): number => percent / 100;

const OVER: ReadonlySet<JobJson['status']> = new Set<JobJson['status']>([
  'succeeded',
  'completed_with_errors',
  'failed',
  'cancelled',
]);

/** Whether nothing more becomes of it unless somebody asks for that. */
export const isOver = ({ status }: Pick<JobJson, 'status'>): boolean => OVER.has(status);

const WRITES = {
  gate: 'are answered 503 SlowDown until the bucket has changed over',
  live: 'go on, to both places',
} as const;

function statusWords({ status, phase, created_at, started_at, finished_at }: JobJson): string {
  const begun = started_at === null ? `asked for ${isoTime(created_at)}` : `begun ${isoTime(started_at)}`;
  if (finished_at !== null) return `${status} ${isoTime(finished_at)}, ${begun}`;
  return `${status} (${phase}), ${begun}`;
}

function movesWords({ scope, kind, detail }: JobJson): string {
  const { from_backend, target_backend, target_bucket, delete_source, rollback_of } = detail;
  const to = `${target_backend}${target_bucket === scope.bucket ? '' : `, bucket ${target_bucket}`}`;
  const why = rollback_of === null ? '' : `, which undoes ${rollback_of}`;
  const source = kind === 'migrate' && delete_source ? `, and deletes what was at ${from_backend}` : '';
  return `${scope.bucket} from ${from_backend} to ${to}${why}${source}`;
}

function doneWords(job: JobJson): string {
  if (job.progress.total === 0 && !isOver(job)) return 'nothing yet';
  return `${amountWords(job)} (${formatPercent(shareOf(job), 1)} of the job)`;
}

function amountWords({ progress: { processed, total, bytes, total_bytes } }: JobJson): string {
  return `${formatCount(processed)} of ${formatObjects(total)}, ${formatBytes(bytes)} of ${formatBytes(total_bytes)}`;
}

function rateWords({ rate, eta_seconds }: JobJson): string {
  if (rate === null) return '';
  const left = eta_seconds === null ? '' : `, about ${formatDuration(eta_seconds)} left`;
  return `${formatCount(Math.round(rate.objects * 10) / 10)} objects/s, ${formatBytes(rate.bytes)}/s${left}`;
}

function existingWords({ detail: { existing, target_backend } }: JobJson): string {
  if (existing === null || existing.removed + existing.kept === 0) return '';
  const { removed, kept } = existing;
  return `${formatObjects(removed)} at ${target_backend} removed, ${formatCount(kept)} the same and kept`;
}

function deletedWords({ status, detail: { removed, from_backend, target_backend } }: JobJson): string {
  if (removed === null) return '';
  const where = status === 'succeeded' || status === 'running' ? from_backend : target_backend;
  const reasons = Object.entries(removed.reasons).map(([why, count]) => `${formatCount(count)} ${why}`);
  const left = removed.left === 0 ? '' : `, ${formatCount(removed.left)} left: ${reasons.join('; ')}`;
  return `${formatObjects(removed.deleted)} at ${where}${left}`;
}

const failedWords = ({ id, progress }: JobJson): string =>
  progress.failed === 0 ? '' : `${formatObjects(progress.failed)} (penumbra jobs failures ${id})`;

function limitWords({ detail: { max_bandwidth, max_requests, window } }: JobJson): string {
  return [
    ...(max_bandwidth === null ? [] : [`${formatBytes(max_bandwidth)}/s`]),
    ...(max_requests === null ? [] : [`${formatMany(max_requests, 'request')}/s`]),
    ...(window === null ? [] : [window]),
  ].join(', ');
}

function phaseWords({ phases }: JobJson): string {
  const words = phases.map(({ phase, started_at, finished_at }) =>
    finished_at === null ? phase : `${phase} ${formatDuration(finished_at - started_at)}`,
  );
  return words.join(', ');
}

const isoTime = (seconds: number): string => new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z');

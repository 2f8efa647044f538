import type { BegunPassJson } from '../gateway/admin/pass-schemas.js';
import type {
  BucketJson,
  BucketStatusJson,
  LossCountJson,
  MigrationJson,
  SwitchingJson,
} from '../gateway/admin/schemas.js';
import { formatBytes, formatCount, formatMany, formatObjects, formatPercent, formatTable } from './format.js';
import { isBegun, passRows, stateWords, doneWords as sweptWords } from './pass-text.js';

const UNCOUNTED = 'not known now';

/** What `storage status` tells a reader. */
export function statusText(status: BucketStatusJson): string[] {
  const { migration, losses, switching, job } = status;
  // One that a job has set is its own affair.
  const shadow = job === null ? status.shadow : null;
  return formatTable([
    ['Bucket', `${status.bucket}${status.org === null ? '' : ` of ${status.org}`}, ${accessWord(status)}`],
    ['Backend', targetWords(status)],
    job === null ? ['Shadow', shadow === null ? 'none' : shadowWords(shadow)] : ['Job', jobWords(job)],
    ...(shadow === null ? [] : [['Target', conditionWords(shadow.conditional_writes)] as const]),
    ...(switching === null ? [] : [['Switch', switchWords(switching)] as const]),
    ...(shadow === null
      ? []
      : [
          ['Migrated', doneWords(migration)],
          ...(migration.copied_by_reads.objects === 0
            ? []
            : [['By reads', byReadsWords(migration)] as const]),
          ['Left', leftWords(migration)],
          ...(migration.pending_repairs === 0 ? [] : [['Owed', owedWords(migration)] as const]),
          ...(migration.problem === null ? [] : [['Problem', migration.problem] as const]),
          ...sweepRows(migration),
        ]),
    ...(losses.length === 0 ? [] : [['Lost', lostWords(losses)] as const]),
  ]);
}

type ConditionalWrites = NonNullable<BucketJson['shadow']>['conditional_writes'];

const GOALS = {
  none: 'the shadow is being cleared',
  'read-through': 'the shadow is being read, not written',
  exclusive: 'writers are being made to exclude each other',
  'write-through': 'write-through is being set',
  swap: 'target and shadow are about to change places',
} as const;

function jobWords({ id, status, phase, to_backend, writes_refused }: NonNullable<BucketJson['job']>): string {
  const writes = writes_refused ? 'writes are refused' : 'writes go on';
  return `${id} moves it to ${to_backend}, ${status} (${phase}), ${writes} (penumbra jobs show ${id})`;
}

/** Where it is, where it goes and whom it waits for. */
function switchWords({ rung, aim, waiting_for }: SwitchingJson): string {
  const goal = `${GOALS[aim]}, ${rung} now`;
  return waiting_for.length === 0 ? goal : `${goal}; waits for ${waiting_for.join(', ')}`;
}

/** By kind; the reasons are told one by one where they are asked for. */
function lostWords(losses: readonly LossCountJson[]): string {
  const counts = new Map<string, number>();
  for (const { what, count } of losses) counts.set(what, (counts.get(what) ?? 0) + count);
  const words = [...counts].map(([what, count]) => `${what} of ${formatObjects(count)}`);
  return `${words.join(', ')} (--losses tells which)`;
}

function owedWords({ pending_repairs, oldest_repair, repair_error }: MigrationJson): string {
  const since = oldest_repair === null ? '' : ` since ${oldest_repair}`;
  const why = repair_error === null ? '' : ` (${repair_error})`;
  return `${formatMany(pending_repairs, 'delete')} of the shadow${since}${why}`;
}

/** Whether writes need the state depends on it. */
function conditionWords(honoured: ConditionalWrites): string {
  const conditions = [
    ...(honoured.put ? ['If-None-Match on PUT'] : []),
    ...(honoured.complete ? ['If-None-Match on CompleteMultipartUpload'] : []),
    ...(honoured.copy ? ['If-None-Match on CopyObject'] : []),
    ...(honoured.match ? ['If-Match'] : []),
  ];
  return `honours ${conditions.length === 0 ? 'no conditions' : conditions.join(', ')}`;
}

export function accessWord(bucket: BucketJson): string {
  return bucket.public ? 'public' : 'private';
}

function targetWords({ backend, target_endpoint, target_region, target_bucket }: BucketJson): string {
  return `${backend ?? `${target_endpoint} (${target_region})`}, bucket ${target_bucket}`;
}

const shadowStore = ({ backend, endpoint, region }: NonNullable<BucketJson['shadow']>): string =>
  backend === null ? `${endpoint} (${region})` : `backend ${backend}`;

function shadowWords(shadow: NonNullable<BucketJson['shadow']>): string {
  const writes = shadow.aim === 'write-through' ? 'written in both' : 'written in the target';
  const deletes = shadow.delete === 'both' ? 'deleted in both' : 'deleted in the target';
  const grants = shadow.acl ? ', grants kept' : '';
  const silent = shadow.provenance ? '' : ', copies without provenance';
  const where = `${shadow.name} at ${shadowStore(shadow)}${prefixWords(shadow)}`;
  return `${where}, ${writes}, ${deletes}${grants}${silent}`;
}

/** Which of its keys are moved, and what they are called here. */
export function prefixWords({ prefix, target_prefix }: NonNullable<BucketJson['shadow']>): string {
  return prefix === '' && target_prefix === ''
    ? ''
    : `, ${JSON.stringify(prefix)} as ${JSON.stringify(target_prefix)}`;
}

/** The sweep that is under way, or the last one. */
function sweepRows({ sweep, counted_by }: MigrationJson): (readonly [string, string])[] {
  if (sweep === null || !isBegun(sweep)) return [];
  const isTold = counted_by === 'sweep' || sweep.is_over;
  return [
    ['Sweep', `${sweep.number}, ${stateWords(sweep)}`],
    ...(isTold ? [] : [['Swept', sweptWords(sweep)] as const]),
    ...passRows('sweep', sweep),
  ];
}

/** Whose numbers they are, and of when. */
function whenSwept({ number, finished_at }: BegunPassJson): string {
  return finished_at === null
    ? `gone through by sweep ${number}`
    : `as of the end of sweep ${number}, ${finished_at}`;
}

/** A share of what was only counted in part would say nothing. */
function doneWords({ problem, exact, counted_by, sweep, ...counts }: MigrationJson): string {
  if (problem !== null) return UNCOUNTED;
  if (counted_by === 'sweep' && sweep !== null && isBegun(sweep))
    return `${sweptWords(sweep)}; ${whenSwept(sweep)}`;
  const { objects_done, objects_total, bytes_done, bytes_total } = counts;
  const objects = `${formatCount(objects_done)} of ${formatObjects(objects_total)}`;
  const bytes = `${formatBytes(bytes_done)} of ${formatBytes(bytes_total)}`;
  return exact
    ? `${objects} (${formatPercent(objects_done, objects_total)}), ${bytes}`
    : `${objects}, ${bytes}, counted so far`;
}

const byReadsWords = ({ copied_by_reads: { objects, bytes } }: MigrationJson): string =>
  `${formatObjects(objects)} (${formatBytes(bytes)}) copied`;

function leftWords(migration: MigrationJson): string {
  const { state, failed, tombstones } = migration;
  const counts = [
    remainingWords(migration),
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(tombstones > 0 ? [`${formatMany(tombstones, 'delete')} remembered`] : []),
  ];
  return `${counts.join(', ')}${state === 'complete' ? ': the shadow can be cleared' : ''}`;
}

function remainingWords({ problem, exact, remaining, counted_by }: MigrationJson): string {
  if (problem !== null) return UNCOUNTED;
  if (counted_by === 'sweep') return `${exact ? '' : 'about '}${formatObjects(remaining)}`;
  return `${exact ? '' : 'at least '}${formatObjects(remaining)}`;
}

import type { BucketJson, BucketStatusJson, MigrationJson } from '../gateway/admin/schemas.js';
import { formatBytes, formatCount, formatMany, formatObjects, formatPercent, formatTable } from './format.js';

/** What `storage status` tells a reader. */
export function statusText(status: BucketStatusJson): string[] {
  const { migration, shadow } = status;
  return formatTable([
    ['Bucket', `${status.bucket}${status.org === null ? '' : ` of ${status.org}`}, ${accessWord(status)}`],
    ['Backend', `${status.backend}, bucket ${status.target_bucket}`],
    ['Shadow', shadow === null ? 'none' : shadowWords(shadow)],
    ...(shadow === null
      ? []
      : [
          ['Migrated', doneWords(migration)],
          ['Left', leftWords(migration)],
          ...(migration.problem === null ? [] : [['Problem', migration.problem] as const]),
        ]),
  ]);
}

export function accessWord(bucket: BucketJson): string {
  return bucket.public ? 'public' : 'private';
}

function shadowWords(shadow: NonNullable<BucketJson['shadow']>): string {
  const writes = shadow.write_through ? 'written in both' : 'written in the target';
  const deletes = shadow.delete === 'both' ? 'deleted in both' : 'deleted in the target';
  return `${shadow.name} at ${shadow.endpoint} (${shadow.region}), ${writes}, ${deletes}`;
}

function doneWords({ objects_done, objects_total, bytes_done, bytes_total, exact }: MigrationJson): string {
  const objects = `${formatCount(objects_done)} of ${formatObjects(objects_total)}`;
  const bytes = `${formatBytes(bytes_done)} of ${formatBytes(bytes_total)}`;
  return `${objects} (${formatPercent(objects_done, objects_total)}), ${bytes}${exact ? '' : ', counted so far'}`;
}

function leftWords({ state, remaining, exact, failed, pending_repairs, tombstones }: MigrationJson): string {
  const counts = [
    `${exact ? '' : 'at least '}${formatObjects(remaining)}`,
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(pending_repairs > 0 ? [`${formatMany(pending_repairs, 'write')} to repair`] : []),
    ...(tombstones > 0 ? [`${formatMany(tombstones, 'delete')} remembered`] : []),
  ];
  return `${counts.join(', ')}${state === 'complete' ? ': the shadow can be cleared' : ''}`;
}

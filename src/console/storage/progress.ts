import { formatBytes, formatCount, formatDuration, formatMany, formatObjects } from '../../cli/format.js';
import type { Bucket, Migration } from '../api/buckets.js';

export interface Counts {
  readonly done: number;
  readonly total: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

/** How much of a bucket is in its target; undefined where nobody can tell. */
export function countsOf({ problem, counted_by, sweep, ...counted }: Migration): Counts | undefined {
  if (problem !== null) return undefined;
  if (counted_by === 'sweep' && sweep?.objects && sweep.bytes) {
    const { objects, bytes } = sweep;
    return { done: objects.done, total: objects.total, bytesDone: bytes.done, bytesTotal: bytes.total };
  }
  return {
    done: counted.objects_done,
    total: counted.objects_total,
    bytesDone: counted.bytes_done,
    bytesTotal: counted.bytes_total,
  };
}

/** 0 to 100, rounded down so that 100 means all. */
export const percentOf = ({ done, total }: Pick<Counts, 'done' | 'total'>): number =>
  total === 0 ? 100 : Math.floor((done / total) * 100);

export const countsWords = ({ done, total, bytesDone, bytesTotal }: Counts): string =>
  `${formatCount(done)} of ${formatObjects(total)}, ${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`;

/** What only the shadow has, and what it is owed. */
export function leftWords({
  problem,
  exact,
  counted_by,
  remaining,
  pending_repairs,
  sweep,
}: Migration): string {
  if (problem !== null) return `cannot be counted: ${problem}`;
  const owed = pending_repairs === 0 ? '' : `, ${formatMany(pending_repairs, 'delete')} owed`;
  if (counted_by === 'sweep' && sweep?.objects)
    return `about ${formatObjects(Math.max(0, sweep.objects.total - sweep.objects.done))} to go through${owed}`;
  if (remaining === 0 && exact) return `nothing left${owed}`;
  return `${exact ? '' : 'at least '}${formatObjects(remaining)} left${owed}`;
}

/** How fast a sweep is, and when it will be done; undefined while none runs. */
export function paceWords({ sweep }: Migration): string | undefined {
  if (sweep?.state === 'paused') return 'sweep paused';
  if (sweep?.state !== 'running' || !sweep.rate) return undefined;
  const rate = `${formatCount(sweep.rate.objects)} objects/s, ${formatBytes(sweep.rate.bytes)}/s`;
  const { eta_seconds: eta, waits_for: waits } = sweep;
  const words = eta === null || eta === undefined ? rate : `${rate}, ${formatDuration(eta)} left`;
  return waits ? `${words}, waits for ${waits}` : words;
}

/** Where a bucket's objects live. */
export const homeOf = ({ backend, target_endpoint }: Bucket): string => backend ?? target_endpoint ?? '';

/** What a bucket is moved from; undefined where nothing is, or a job moves it. */
export function shadowOf({ shadow, job }: Bucket): string | undefined {
  if (shadow === null || job !== null) return undefined;
  return `${shadow.name} at ${shadow.endpoint ?? `backend ${shadow.backend}`}`;
}

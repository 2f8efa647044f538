import { formatBytes, formatCount, formatDuration, formatObjects } from '../../cli/format.js';
import type { Job, JobTurn } from '../api/jobs.js';

export const COLORS: Readonly<Record<Job['status'], string>> = {
  queued: 'gray',
  running: 'blue',
  paused: 'yellow',
  cancelling: 'orange',
  succeeded: 'teal',
  completed_with_errors: 'orange',
  failed: 'red',
  cancelled: 'gray',
};

const OVER: ReadonlySet<Job['status']> = new Set<Job['status']>([
  'succeeded',
  'completed_with_errors',
  'failed',
  'cancelled',
]);

/** Whether nothing more becomes of it unless somebody asks for that. */
export const isOver = ({ status }: Pick<Job, 'status'>): boolean => OVER.has(status);

export function doneWords({ progress: { processed, total, bytes, total_bytes } }: Job): string {
  if (total === 0) return 'nothing counted yet';
  return `${formatCount(processed)} of ${formatObjects(total)}, ${formatBytes(bytes)} of ${formatBytes(total_bytes)}`;
}

/** How fast it is; undefined while it stands still. */
export function paceWords({ rate, eta_seconds: eta, ...job }: Job): string | undefined {
  if (isOver(job) || rate === null) return undefined;
  const words = `${formatCount(Math.round(rate.objects * 10) / 10)} objects/s, ${formatBytes(rate.bytes)}/s`;
  return eta === null ? words : `${words}, ${formatDuration(eta)} left`;
}

/** What can be asked of a job as it stands, by the rules of the gateway. */
export function turnsOf({ status, phase, detail, kind }: Job): readonly JobTurn[] {
  const rests = phase === 'copy' || phase === 'verify';
  const mayCancel = !OVER.has(status) && status !== 'cancelling' && detail.flipped_at === null;
  return [
    ...(status === 'running' && rests ? (['pause'] as const) : []),
    ...(status === 'paused' ? (['resume'] as const) : []),
    ...(status === 'completed_with_errors' ? (['retry', 'cancel'] as const) : []),
    ...(mayCancel ? (['cancel'] as const) : []),
    ...(status === 'succeeded' && !detail.delete_source && kind === 'migrate' ? (['rollback'] as const) : []),
  ];
}

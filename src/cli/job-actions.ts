import type { JobJson } from '../gateway/admin/job-schemas.js';
import type { AdminClient } from './admin-client.js';
import { CliError } from './failure.js';
import { formatObjects } from './format.js';
import { type Io, print } from './io.js';
import { isOver, jobBarText, jobText, shareOf } from './job-text.js';
import { openDisplay } from './progress.js';
import { watch } from './watch.js';

/** Where the admin API has a job. */
export const jobPath = (id: string): string => `/jobs/${encodeURIComponent(id)}`;

export interface JobCommand {
  readonly id: string;
  readonly io: Io;
  readonly asJson: boolean | undefined;
}

export async function printJob(client: AdminClient, { id, io, asJson }: JobCommand): Promise<void> {
  const job = await client.request<JobJson>('GET', jobPath(id));
  print(io, { json: job, text: jobText(job) }, asJson);
}

/**
 * Looks on until a job is over.
 *
 * @throws CliError unless it succeeded
 */
export async function watchJob(client: AdminClient, { id, io, asJson }: JobCommand): Promise<void> {
  const display = await openDisplay<JobJson>({ share: shareOf, text: jobBarText }, io, asJson);
  const { show, close } = display;
  const job = await watch<JobJson>({
    io,
    client,
    path: jobPath(id),
    words: `job ${id}`,
    show,
    isOver,
  }).finally(close);
  if (display.isForReaders) print(io, { json: job, text: jobText(job) }, false);
  assertSucceeded(job);
}

function assertSucceeded({ id, status, last_error, progress }: JobJson): void {
  if (status === 'succeeded') return;
  const why = last_error === null ? '' : `: ${last_error}`;
  const failed =
    progress.failed === 0 ? '' : `; ${formatObjects(progress.failed)} failed (penumbra jobs failures ${id})`;
  throw new CliError(`job ${id} ${ENDS[status] ?? status}${why}${failed}`);
}

const ENDS: Partial<Record<JobJson['status'], string>> = {
  completed_with_errors: 'did not bring over or prove everything, so that the bucket did not change over',
  failed: 'failed',
  cancelled: 'was cancelled',
};

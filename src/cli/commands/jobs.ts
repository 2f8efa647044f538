import type { Command } from 'commander';
import type { JobFailureJson, JobJson, JobStatusJson } from '../../gateway/admin/job-schemas.js';
import { withAdmin } from '../admin-client.js';
import { formatTable } from '../format.js';
import { type Io, print } from '../io.js';
import { jobPath, printJob, watchJob } from '../job-actions.js';
import { jobListText } from '../job-text.js';
import { fetchAll } from '../pages.js';

interface ListFlags {
  readonly bucket?: string;
  readonly json?: true;
}

interface JobFlags {
  readonly force?: true;
  readonly watch?: true;
  readonly json?: true;
}

/** What is asked of a job, beside to end it. */
const TURNS = {
  pause: 'copy and verify nothing more for now; clients write meanwhile',
  resume: 'go on with a job that was paused',
  retry: 'try again what was not brought over or not proven',
} as const;

const CANCEL = 'end a job and make all as it was; possible until the bucket has changed over';

export function addJobs(program: Command, io: Io): void {
  const jobs = program.command('jobs').description('jobs that move buckets to other backends');
  jobs
    .command('list')
    .alias('ls')
    .description('list the jobs, the newest first')
    .option('--bucket <name>', 'of this bucket only')
    .option('--json', 'print one JSON document')
    .action((flags: ListFlags) => list(flags, io));
  jobs
    .command('show <id>')
    .description('show how far a job is')
    .option('--json', 'print one JSON document')
    .action((id: string, { json: asJson }: JobFlags) =>
      withAdmin(io, (client) => printJob(client, { id, io, asJson })),
    );
  jobs
    .command('watch <id>')
    .description('look on until a job is over: a bar on a terminal, else a JSON line for each change')
    .option('--json', 'print JSON lines on a terminal, too')
    .action((id: string, { json: asJson }: JobFlags) =>
      withAdmin(io, (client) => watchJob(client, { id, io, asJson })),
    );
  addTurn(jobs, { verb: 'cancel', description: CANCEL, io }).option(
    '--force',
    'do not wait for gateways that cannot reach the state',
  );
  for (const [verb, description] of Object.entries(TURNS)) addTurn(jobs, { verb, description, io });
  addTurn(jobs, { verb: 'rollback', description: 'begin a job that moves a bucket back', io });
  jobs
    .command('failures <id>')
    .description('show what did not go well with single objects')
    .option('--json', 'print one JSON document')
    .action((id: string, flags: JobFlags) => failures(id, flags, io));
}

interface TurnCommand {
  readonly verb: string;
  readonly description: string;
  readonly io: Io;
}

function addTurn(jobs: Command, { verb, description, io }: TurnCommand): Command {
  return jobs
    .command(`${verb} <id>`)
    .description(description)
    .option('--watch', 'look on until it is over')
    .option('--json', 'print one JSON document')
    .action((id: string, flags: JobFlags) => turn({ id, verb }, flags, io));
}

/** Of a rollback the answer names another job, which is the one to look at. */
async function turn(
  { id, verb }: { readonly id: string; readonly verb: string },
  { force, watch, json: asJson }: JobFlags,
  io: Io,
): Promise<void> {
  await withAdmin(io, async (client) => {
    const path = `${jobPath(id)}/${verb}${force ? '?force=true' : ''}`;
    const answer = await client.request<JobStatusJson & { id?: string }>('POST', path);
    const named = answer.id ?? id;
    if (watch) return watchJob(client, { id: named, io, asJson });
    print(io, { json: { id: named, ...answer }, text: [`${named} is ${answer.status}`] }, asJson);
  });
}

async function list({ bucket, json }: ListFlags, io: Io): Promise<void> {
  await withAdmin(io, async (client) => {
    const path = bucket === undefined ? '/jobs' : `/jobs/bucket/${encodeURIComponent(bucket)}`;
    const jobs = await fetchAll<'jobs', JobJson>(client, { path, field: 'jobs' });
    print(io, { json: { jobs }, text: jobListText(jobs) }, json);
  });
}

async function failures(id: string, { json }: JobFlags, io: Io): Promise<void> {
  await withAdmin(io, async (client) => {
    const collection = { path: `${jobPath(id)}/failures`, field: 'failures' } as const;
    const found = await fetchAll<'failures', JobFailureJson>(client, collection);
    const rows = found.map(({ occurred_at, object_key, error }) => [
      new Date(occurred_at * 1_000).toISOString(),
      error,
      JSON.stringify(object_key),
    ]);
    print(io, { json: { failures: found }, text: formatTable([['AT', 'WHY', 'KEY'], ...rows]) }, json);
  });
}

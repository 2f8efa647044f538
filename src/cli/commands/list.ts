import type { Command } from 'commander';
import type { BucketJson } from '../../gateway/admin/schemas.js';
import { withAdmin } from '../admin-client.js';
import { formatTable } from '../format.js';
import { type Io, print } from '../io.js';
import { fetchAll } from '../pages.js';
import { accessWord, prefixWords } from '../status-text.js';

export function addList(storage: Command, io: Io): void {
  storage
    .command('list')
    .alias('ls')
    .description('list the buckets')
    .option('-o, --org <org>', 'of this organization only')
    .option('--json', 'print one JSON document')
    .action((flags: { org?: string; json?: true }) =>
      withAdmin(io, async (client) => {
        const query = flags.org === undefined ? {} : { org: flags.org };
        const buckets = await fetchAll<'buckets', BucketJson>(client, {
          path: '/buckets',
          field: 'buckets',
          query,
        });
        print(io, { json: { buckets }, text: listText(buckets) }, flags.json);
      }),
    );
}

function listText(buckets: readonly BucketJson[]): string[] {
  const rows = buckets.map((bucket) => [
    bucket.bucket,
    bucket.org ?? '-',
    bucket.backend ?? bucket.target_endpoint ?? '-',
    accessWord(bucket),
    shadowWords(bucket),
    bucket.created_at,
  ]);
  return formatTable([['NAME', 'ORG', 'BACKEND', 'ACCESS', 'SHADOW', 'CREATED'], ...rows]);
}

/** One that a job has set is its own affair. */
function shadowWords({ job, shadow }: BucketJson): string {
  if (job !== null) return `${job.id} moves it to ${job.to_backend}`;
  return shadow === null
    ? '-'
    : `${shadow.name} at ${shadow.endpoint ?? shadow.backend}${prefixWords(shadow)}`;
}

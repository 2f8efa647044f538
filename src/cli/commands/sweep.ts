import { Argument, type Command } from 'commander';
import type { SweepJson } from '../../gateway/admin/schemas.js';
import { withAdmin } from '../admin-client.js';
import { formatBytes, formatCount, formatObjects } from '../format.js';
import { type Io, print } from '../io.js';
import { bucketPath } from './status.js';

export function addSweep(storage: Command, io: Io): void {
  storage
    .command('sweep <name>')
    .description('copy in the background what only the shadow has, or show how far that is')
    .addArgument(new Argument('<action>', 'what to do').choices(['start', 'status']))
    .option('--json', 'print one JSON document')
    .action((name: string, action: 'start' | 'status', { json }: { json?: true }) =>
      withAdmin(io, async (client) => {
        const method = action === 'start' ? 'POST' : 'GET';
        const progress = await client.request<SweepJson>(method, `${bucketPath(name)}/sweep`);
        print(io, { json: progress, text: [sweepText(progress)] }, json);
      }),
    );
}

function sweepText({ state, objects_copied, bytes_copied, failed, last_error }: SweepJson): string {
  const copied = `${formatObjects(objects_copied)} copied (${formatBytes(bytes_copied)})`;
  const failures = failed > 0 ? `, ${formatCount(failed)} failed` : '';
  return `${state}: ${copied}${failures}${last_error === null ? '' : `; last error: ${last_error}`}`;
}

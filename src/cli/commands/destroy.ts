import type { Command } from 'commander';
import { withAdmin } from '../admin-client.js';
import { bucketPath } from '../bucket-path.js';
import { type Io, print } from '../io.js';
import { confirmOrRefuse } from '../prompts.js';

interface DestroyFlags {
  readonly yes?: true;
  readonly json?: true;
}

export function addDestroy(storage: Command, io: Io): void {
  storage
    .command('destroy <name>')
    .description('remove an empty bucket and its access keys')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print one JSON document')
    .action((name: string, flags: DestroyFlags) => destroy(name, flags, io));
}

async function destroy(name: string, { yes, json }: DestroyFlags, io: Io): Promise<void> {
  if (!yes) await confirmOrRefuse(io, `Destroy bucket ${name} and its access keys?`);
  await withAdmin(io, (client) => client.request('DELETE', bucketPath(name)));
  print(io, { json: { bucket: name, destroyed: true }, text: [`destroyed bucket ${name}`] }, json);
}

import type { Command } from 'commander';
import type { BucketStatusJson } from '../../gateway/admin/schemas.js';
import { type AdminClient, withAdmin } from '../admin-client.js';
import { type Io, print } from '../io.js';
import { statusText } from '../status-text.js';

export function addStatus(storage: Command, io: Io): void {
  storage
    .command('status <name>')
    .description('show a bucket, its shadow and how far its migration is')
    .option('--json', 'print one JSON document')
    .action((name: string, { json }: { json?: true }) =>
      withAdmin(io, async (client) => {
        await printStatus(client, name, { io, asJson: json });
      }),
    );
}

export async function printStatus(
  client: AdminClient,
  name: string,
  { io, asJson }: { readonly io: Io; readonly asJson: boolean | undefined },
): Promise<BucketStatusJson> {
  const status = await client.request<BucketStatusJson>('GET', `${bucketPath(name)}/status`);
  print(io, { json: status, text: statusText(status) }, asJson);
  return status;
}

/** Where the admin API has a bucket. */
export function bucketPath(name: string): string {
  return `/buckets/${encodeURIComponent(name)}`;
}

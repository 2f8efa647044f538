import type { Command } from 'commander';
import type { BucketStatusJson, LossesJson, ProofJson } from '../../gateway/admin/schemas.js';
import { type AdminClient, withAdmin } from '../admin-client.js';
import { bucketPath } from '../bucket-path.js';
import { formatTable } from '../format.js';
import { type Io, print } from '../io.js';
import { fetchAll } from '../pages.js';
import { statusText } from '../status-text.js';

interface StatusFlags {
  readonly losses?: true;
  readonly json?: true;
}

export function addStatus(storage: Command, io: Io): void {
  storage
    .command('status <name>')
    .description('show a bucket, its shadow and how far its migration is')
    .option('--losses', 'show what copies could not keep of their sources, the newest 1,000, and why')
    .option('--json', 'print one JSON document')
    .action((name: string, { losses, json }: StatusFlags) =>
      withAdmin(io, async (client) => {
        if (losses) await printLosses(client, name, { io, asJson: json });
        else await printStatus(client, name, { io, asJson: json });
      }),
    );
}

interface Printing {
  readonly io: Io;
  readonly asJson: boolean | undefined;
  /** What was verified before its shadow went. */
  readonly proof?: ProofJson | null;
}

export async function printStatus(
  client: AdminClient,
  name: string,
  { io, asJson, proof }: Printing,
): Promise<BucketStatusJson> {
  const status = await client.request<BucketStatusJson>('GET', `${bucketPath(name)}/status`);
  print(io, { json: proof ? { ...status, proof } : status, text: statusText(status) }, asJson);
  return status;
}

async function printLosses(client: AdminClient, name: string, { io, asJson }: Printing): Promise<void> {
  const path = `${bucketPath(name)}/losses`;
  const losses = await fetchAll<'losses', LossesJson['losses'][number]>(client, { path, field: 'losses' });
  const rows = losses.map(({ key, what, reason, at }) => [at, what, reason, JSON.stringify(key)]);
  print(io, { json: { losses }, text: formatTable([['AT', 'WHAT', 'WHY', 'KEY'], ...rows]) }, asJson);
}

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { BegunMigrationJson } from '../../gateway/admin/job-schemas.js';
import type { PreflightJson } from '../../gateway/admin/preflight-schemas.js';
import { type AdminClient, withAdmin } from '../admin-client.js';
import { bucketPath } from '../bucket-path.js';
import { UsageError } from '../failure.js';
import { type Io, isInteractive, print } from '../io.js';
import { watchJob } from '../job-actions.js';
import { addPaceFlags, type PaceFlags, readPaceFlags } from '../pace-flags.js';
import { preflightText } from '../preflight-text.js';
import { confirmOrRefuse } from '../prompts.js';

interface MigrateFlags extends PaceFlags {
  readonly to: string;
  readonly targetBucket?: string;
  readonly writes?: string;
  readonly deleteSource?: true;
  readonly onExisting?: string;
  readonly verify?: string;
  readonly force?: true;
  readonly dryRun?: true;
  readonly pricePer1000?: number;
  readonly watch?: true;
  readonly yes?: true;
  readonly json?: true;
}

export function addMigrate(storage: Command, io: Io): void {
  const command = storage
    .command('migrate <name>')
    .description('move a bucket to another backend, in one job: copy, verify, change over')
    .requiredOption('--to <backend>', 'the backend that it moves to')
    .option('--target-bucket <bucket>', "bucket on that backend (default: the bucket's own name)")
    .addOption(
      new Option(
        '--writes <how>',
        'refuse writes with 503 SlowDown until the bucket has changed over (gate, the default), or let them go on, to both places (live)',
      ).choices(['gate', 'live']),
    )
    .option('--delete-source', 'delete in the end what was proven to have arrived where it was')
    .addOption(
      new Option(
        '--on-existing <what>',
        'about objects that are there already: refuse (default), or replace',
      ).choices(['fail', 'replace']),
    )
    .addOption(
      new Option(
        '--verify <level>',
        'by what each store tells of its object (default), or by all bytes of both',
      ).choices(['checksum', 'content']),
    );
  addPaceFlags(command)
    .option('--force', 'do not wait for gateways that cannot reach the state')
    .option('--dry-run', 'tell what it would take, and change nothing')
    .addOption(
      new Option('--price-per-1000 <price>', 'of requests: tell what they would cost').argParser(price),
    )
    .option('--watch', 'look on until it is over: a bar on a terminal, else a JSON line for each change')
    .option('-y, --yes', 'do not tell what it would take, and do not ask')
    .option('--json', 'print one JSON document')
    .action((name: string, flags: MigrateFlags) => migrate(name, flags, io));
}

async function migrate(name: string, flags: MigrateFlags, io: Io): Promise<void> {
  const body = bodyOf(flags);
  assertConsistent(flags, io);
  const path = `${bucketPath(name)}/migrate`;
  await withAdmin(io, async (client) => {
    if (flags.dryRun) return tell(await findOut(client, path, { body, flags }), flags, io);
    if (!flags.yes) await agree(await findOut(client, path, { body, flags }), io);
    const begun = await client.request<BegunMigrationJson>('POST', path, body);
    const { id } = begun;
    if (flags.watch) return watchJob(client, { id, io, asJson: flags.json });
    const { bucket, from_backend, to_backend } = begun;
    const text = [`${id} moves ${bucket} from ${from_backend} to ${to_backend} (penumbra jobs watch ${id})`];
    print(io, { json: begun, text }, flags.json);
  });
}

const bodyOf = (flags: MigrateFlags) => ({
  target_backend: flags.to,
  target_bucket: flags.targetBucket,
  delete_source: flags.deleteSource,
  writes: flags.writes,
  on_existing: flags.onExisting,
  verify: flags.verify,
  force: flags.force,
  limits: readPaceFlags(flags),
});

interface Asking {
  readonly body: object;
  readonly flags: MigrateFlags;
}

function findOut(client: AdminClient, path: string, { body, flags }: Asking): Promise<PreflightJson> {
  const { pricePer1000 } = flags;
  const price = pricePer1000 === undefined ? '' : `&price_per_1000=${pricePer1000}`;
  return client.request<PreflightJson>('POST', `${path}?dry_run=true${price}`, body);
}

const tell = (found: PreflightJson, { json }: MigrateFlags, io: Io): void =>
  print(io, { json: found, text: preflightText(found) }, json);

/** What it would take goes where the question goes: stdout has the answer alone. */
async function agree(found: PreflightJson, io: Io): Promise<void> {
  for (const line of preflightText(found)) io.stderr.write(`${line}\n`);
  await confirmOrRefuse(io, `Move bucket ${found.bucket} to ${found.to_backend}?`);
}

function assertConsistent({ dryRun, watch, yes, pricePer1000 }: MigrateFlags, io: Io): void {
  if (dryRun && (watch || yes)) throw new UsageError('--dry-run begins nothing: leave --watch and -y out');
  if (yes && pricePer1000 !== undefined)
    throw new UsageError('--price-per-1000 goes with --dry-run, or without -y');
  if (!dryRun && !yes && !isInteractive(io))
    throw new UsageError('there is no terminal to ask on: pass -y to go ahead');
}

function price(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a price of 0 or more, such as 0.005.');
}

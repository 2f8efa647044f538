import type { Command } from 'commander';
import type { AddedBackendJson, BackendJson, BackendProbeJson } from '../../gateway/admin/backend-schemas.js';
import { withAdmin } from '../admin-client.js';
import { addBackendFlags, type BackendFlags, readBackendFlags, readBackendKeys } from '../backend-flags.js';
import { CliError } from '../failure.js';
import { formatTable } from '../format.js';
import { type Io, print } from '../io.js';
import { confirmOrRefuse } from '../prompts.js';

interface JsonFlag {
  readonly json?: true;
}

interface AddFlags extends BackendFlags, JsonFlag {
  readonly probe: boolean;
  readonly probeBucket?: string;
}

interface RemoveFlags extends JsonFlag {
  readonly yes?: true;
}

interface ProbeFlags extends JsonFlag {
  readonly bucket?: string;
}

export function addBackends(storage: Command, io: Io): void {
  const backends = storage.command('backends').description('the stores that buckets live in');
  backends
    .command('list')
    .alias('ls')
    .description('list the backends')
    .option('--json', 'print one JSON document')
    .action((flags: JsonFlag) => list(flags, io));
  addBackendFlags(
    backends
      .command('add <name>')
      .description('add a backend to all gateways; its secret key is asked for, or read from stdin'),
  )
    .option('--no-probe', 'add it untried')
    .option('--probe-bucket <bucket>', 'try it in this bucket of it (default: one that is made for that)')
    .option('--json', 'print one JSON document')
    .action((name: string, flags: AddFlags) => add(name, flags, io));
  backends
    .command('update <name>')
    .description(
      'give a backend that was added another key pair; its secret key is asked for, or read from stdin',
    )
    .option('--access-key <key>', 'access key id (or PENUMBRA_BACKEND_ACCESS_KEY)')
    .option('--no-probe', 'take it untried')
    .option('--probe-bucket <bucket>', 'try it in this bucket of it (default: one that is made for that)')
    .option('--json', 'print one JSON document')
    .action((name: string, flags: AddFlags) => update(name, flags, io));
  backends
    .command('remove <name>')
    .description('remove a backend that was added and that nothing uses; what is in it stays')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print one JSON document')
    .action((name: string, flags: RemoveFlags) => remove(name, flags, io));
  backends
    .command('probe <name>')
    .description('find out by trying what a backend can do')
    .option('--bucket <bucket>', 'try it in this bucket of it (default: one that is made for that)')
    .option('--json', 'print one JSON document')
    .action((name: string, flags: ProbeFlags) => probe(name, flags, io));
}

async function list({ json }: JsonFlag, io: Io): Promise<void> {
  await withAdmin(io, async (client) => {
    const { backends } = await client.request<{ backends: BackendJson[] }>('GET', '/backends');
    const rows = backends.map((one) => [
      one.name,
      one.type,
      one.endpoint ?? one.path ?? '-',
      one.encryption.mode,
      one.declared ? 'configuration' : 'added',
      one.default ? 'yes' : '',
    ]);
    print(
      io,
      {
        json: { backends },
        text: formatTable([['NAME', 'TYPE', 'PLACE', 'ENCRYPTION', 'FROM', 'DEFAULT'], ...rows]),
      },
      json,
    );
  });
}

async function add(name: string, flags: AddFlags, io: Io): Promise<void> {
  const body = {
    ...(await readBackendFlags(name, flags, io)),
    probe: flags.probe,
    probe_bucket: flags.probeBucket,
  };
  await withAdmin(io, async (client) => {
    const added = await client.request<AddedBackendJson>('POST', '/backends', body);
    const probed = added.probe ? probeText(added.probe) : [];
    print(io, { json: added, text: [`added backend ${name}`, ...probed] }, flags.json);
  });
}

async function update(name: string, flags: AddFlags, io: Io): Promise<void> {
  const body = {
    ...(await readBackendKeys(name, flags, io)),
    probe: flags.probe,
    probe_bucket: flags.probeBucket,
  };
  await withAdmin(io, async (client) => {
    const changed = await client.request<AddedBackendJson>('PATCH', backendPath(name), body);
    const probed = changed.probe ? probeText(changed.probe) : [];
    print(io, { json: changed, text: [`changed the keys of backend ${name}`, ...probed] }, flags.json);
  });
}

async function remove(name: string, { yes, json }: RemoveFlags, io: Io): Promise<void> {
  if (!yes) await confirmOrRefuse(io, `Remove backend ${name} from all gateways?`);
  await withAdmin(io, (client) => client.request('DELETE', backendPath(name)));
  print(io, { json: { backend: name, removed: true }, text: [`removed backend ${name}`] }, json);
}

async function probe(name: string, { bucket, json }: ProbeFlags, io: Io): Promise<void> {
  await withAdmin(io, async (client) => {
    const found = await client.request<BackendProbeJson>('POST', `${backendPath(name)}/probe`, { bucket });
    print(io, { json: found, text: probeText(found) }, json);
    if (!found.ok) throw new CliError(`backend ${name} cannot be used`);
  });
}

const backendPath = (name: string): string => `/backends/${encodeURIComponent(name)}`;

/** A line for each check, and what was left behind. */
function probeText({ checks, left_behind }: BackendProbeJson): string[] {
  const rows = Object.entries(checks).map(([name, { ok, reason }]) => [
    name.replaceAll('_', ' '),
    ok === null ? '-' : ok ? 'yes' : 'no',
    reason ?? '',
  ]);
  return [...formatTable(rows), ...(left_behind === null ? [] : [`left behind: ${left_behind}`])];
}

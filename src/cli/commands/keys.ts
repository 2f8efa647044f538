import { type Command, Option } from 'commander';
import type { BegunRotationJson } from '../../gateway/admin/rotate.js';
import type { AccessKeyJson, CreatedAccessKeyJson } from '../../gateway/admin/schemas.js';
import { withAdmin } from '../admin-client.js';
import { bucketPath } from '../bucket-path.js';
import { CliError } from '../failure.js';
import { formatTable, formatVariables } from '../format.js';
import { type Io, print } from '../io.js';
import { addPaceFlags, type PaceFlags, readPaceFlags } from '../pace-flags.js';
import { fetchAll } from '../pages.js';

interface RotateFlags extends PaceFlags {
  readonly writes?: string;
  readonly json?: true;
}

interface CreateFlags {
  readonly role: AccessKeyJson['role'];
  readonly json?: true;
}

export function addKeys(program: Command, io: Io): void {
  const keys = program.command('keys').description('access keys of buckets');
  const role = new Option('--role <role>', 'what the key may do').choices(['admin', 'editor', 'readonly']);
  keys
    .command('create <bucket>')
    .description('make an access key for a bucket')
    .addOption(role.default('editor'))
    .option('--json', 'print one JSON document')
    .action((bucket: string, flags: CreateFlags) => create(bucket, flags, io));
  keys
    .command('list [bucket]')
    .alias('ls')
    .description('list the access keys of a bucket, or of all')
    .option('--json', 'print one JSON document')
    .action((bucket: string | undefined, { json }: { json?: true }) => list(bucket, json, io));
  keys
    .command('revoke <access-key-id>')
    .description('take an access key away')
    .option('--json', 'print one JSON document')
    .action((id: string, { json }: { json?: true }) => revoke(id, json, io));
  addPaceFlags(
    keys
      .command('rotate <backend>')
      .description(
        'encrypt all objects of a backend anew, by the key that it writes with now, in a job for each bucket',
      )
      .addOption(
        new Option(
          '--writes <how>',
          'let writes go on (live, the default), or refuse them while a bucket moves (gate)',
        ).choices(['live', 'gate']),
      )
      .option('--json', 'print one JSON document'),
  ).action((backend: string, flags: RotateFlags) => rotate(backend, flags, io));
}

async function create(bucket: string, { role, json }: CreateFlags, io: Io): Promise<void> {
  await withAdmin(io, async (client) => {
    const key = await client.request<CreatedAccessKeyJson>('POST', `${bucketPath(bucket)}/keys`, { role });
    const text = formatVariables({
      BUCKET_NAME: key.bucket,
      AWS_ACCESS_KEY_ID: key.access_key_id,
      AWS_SECRET_ACCESS_KEY: key.secret_access_key,
    });
    print(io, { json: key, text }, json);
  });
}

async function list(bucket: string | undefined, json: boolean | undefined, io: Io): Promise<void> {
  await withAdmin(io, async (client) => {
    const path = bucket === undefined ? '/keys' : `${bucketPath(bucket)}/keys`;
    const keys = await fetchAll<'keys', AccessKeyJson>(client, { path, field: 'keys' });
    const rows = keys.map((key) => [key.access_key_id, key.bucket, key.role, key.created_at]);
    print(
      io,
      { json: { keys }, text: formatTable([['ACCESS KEY', 'BUCKET', 'ROLE', 'CREATED'], ...rows]) },
      json,
    );
  });
}

async function revoke(id: string, json: boolean | undefined, io: Io): Promise<void> {
  await withAdmin(io, (client) => client.request('DELETE', `/keys/${encodeURIComponent(id)}`));
  print(io, { json: { access_key_id: id, revoked: true }, text: [`revoked access key ${id}`] }, json);
}

async function rotate(backend: string, flags: RotateFlags, io: Io): Promise<void> {
  const body = { writes: flags.writes, limits: readPaceFlags(flags) };
  await withAdmin(io, async (client) => {
    const path = `/backends/${encodeURIComponent(backend)}/rotate`;
    const begun = await client.request<BegunRotationJson>('POST', path, body);
    const text = [
      ...begun.jobs.map(
        ({ id, bucket, target_bucket }) => `${id} moves ${bucket} to bucket ${target_bucket} of ${backend}`,
      ),
      ...begun.refused.map(({ bucket, reason }) => `${bucket} is left as it is: ${reason}`),
    ];
    print(io, { json: begun, text: text.length > 0 ? text : [`${backend} has no buckets`] }, flags.json);
    if (begun.refused.length > 0)
      throw new CliError(
        `${begun.refused.length} of ${begun.refused.length + begun.jobs.length} buckets are left as they are`,
      );
  });
}

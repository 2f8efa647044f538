import type { Command } from 'commander';
import type { CreatedBucketJson } from '../../gateway/admin/schemas.js';
import { withAdmin } from '../admin-client.js';
import { bucketPath } from '../bucket-path.js';
import { UsageError } from '../failure.js';
import { formatVariables } from '../format.js';
import { type Io, print } from '../io.js';
import { addShadowFlags, readShadowFlags, type ShadowFlags } from '../shadow-flags.js';

interface CreateFlags extends ShadowFlags {
  readonly name: string;
  readonly org?: string;
  readonly backend?: string;
  readonly targetBucket?: string;
  readonly public?: true;
  readonly sweep?: true;
  readonly json?: true;
}

export function addCreate(storage: Command, io: Io): void {
  const command = storage
    .command('create')
    .description('create a bucket, with a shadow to move it from')
    .requiredOption('-n, --name <name>', 'name of the bucket')
    .option('-o, --org <org>', 'organization that the bucket belongs to')
    .option('--backend <backend>', "backend for the bucket's objects (default: the default backend)")
    .option('--target-bucket <bucket>', "bucket on that backend (default: the bucket's own name)")
    .option('-p, --public', 'let anyone read objects');
  addShadowFlags(command)
    .option('--sweep', 'begin to copy what the shadow has')
    .option('--json', 'print one JSON document')
    .action((flags: CreateFlags) => create(flags, io));
}

async function create(flags: CreateFlags, io: Io): Promise<void> {
  const shadow = await readShadowFlags(flags, io);
  if (flags.sweep && !shadow) throw new UsageError('--sweep goes with --shadow-*');
  await withAdmin(io, async (client) => {
    const body = {
      name: flags.name,
      org: flags.org,
      backend: flags.backend,
      target_bucket: flags.targetBucket,
      public: flags.public,
      shadow,
    };
    const created = await client.request<CreatedBucketJson>('POST', '/buckets', body);
    const { bucket, region, access_key_id, secret_access_key } = created;
    const endpoint = created.endpoint ?? client.url;
    const text = formatVariables({
      BUCKET_NAME: bucket,
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: access_key_id,
      AWS_SECRET_ACCESS_KEY: secret_access_key,
    });
    print(io, { json: { bucket, endpoint, region, access_key_id, secret_access_key }, text }, flags.json);
    if (flags.sweep) await client.request('POST', `${bucketPath(bucket)}/sweep`);
  });
}

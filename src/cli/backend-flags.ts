import type { Command } from 'commander';
import { UsageError } from './failure.js';
import { type Io, isInteractive } from './io.js';
import { askSecret, readSecret } from './prompts.js';

const ACCESS_KEY = '--access-key (or PENUMBRA_BACKEND_ACCESS_KEY)';

export interface BackendFlags {
  readonly endpoint?: string;
  readonly region?: string;
  readonly accessKey?: string;
  readonly virtualHosts?: true;
  readonly path?: string;
}

/** What the admin API takes for a backend; what is undefined is left to its defaults. */
export type BackendBody = { readonly name: string } & (
  | { readonly type: 'filesystem'; readonly path: string }
  | {
      readonly type: 's3';
      readonly endpoint: string;
      readonly region: string | undefined;
      readonly force_path_style: boolean | undefined;
      readonly access_key_id: string;
      readonly secret_access_key: string;
    }
);

export function addBackendFlags(command: Command): Command {
  return command
    .option('--endpoint <url>', 'S3 endpoint of the backend')
    .option('--region <region>', 'region of the endpoint (default: us-east-1)')
    .option('--access-key <key>', 'access key id (or PENUMBRA_BACKEND_ACCESS_KEY)')
    .option('--virtual-hosts', 'address buckets by host name in place of path')
    .option('--path <folder>', "a folder of the gateway's machine, in place of an endpoint");
}

/**
 * The backend that the flags describe. Its secret key comes from PENUMBRA_BACKEND_SECRET_KEY, is asked for on a terminal, or read from stdin: never
 * from the command line, which other users of a machine can see.
 *
 * @throws UsageError
 */
export async function readBackendFlags(name: string, flags: BackendFlags, io: Io): Promise<BackendBody> {
  const { endpoint, region, path, virtualHosts } = flags;
  if (path !== undefined) {
    if (isRemote(flags)) throw new UsageError('--path stands alone: a backend is a folder or an endpoint');
    return { name, type: 'filesystem', path };
  }
  if (endpoint === undefined) throw new UsageError('a backend needs --endpoint, or --path');
  const accessKey = flags.accessKey ?? io.environment.backendAccessKey;
  if (accessKey === undefined && !isInteractive(io))
    throw new UsageError(`a backend needs ${ACCESS_KEY} as well`);
  return {
    name,
    type: 's3',
    endpoint,
    region,
    force_path_style: virtualHosts && false,
    access_key_id: accessKey ?? (await askSecret(io, `Access key id of ${name}`)),
    secret_access_key:
      io.environment.backendSecretKey ?? (await readSecret(io, `Secret access key of ${name}`)),
  };
}

const isRemote = ({ endpoint, region, accessKey, virtualHosts }: BackendFlags): boolean =>
  [endpoint, region, accessKey, virtualHosts].some((flag) => flag !== undefined);

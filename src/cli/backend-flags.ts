import { type Command, Option } from 'commander';
import { UsageError } from './failure.js';
import { type Io, isInteractive } from './io.js';
import { askSecret, readSecret } from './prompts.js';

const MODES = ['none', 'aes256-gcm', 'sse-s3', 'sse-kms'];

const ACCESS_KEY = '--access-key (or PENUMBRA_BACKEND_ACCESS_KEY)';

export interface BackendFlags {
  readonly endpoint?: string;
  readonly region?: string;
  readonly accessKey?: string;
  readonly virtualHosts?: true;
  readonly path?: string;
  readonly encryption?: string;
  readonly encryptionKeyId?: string;
}

interface RemoteBody {
  readonly type: 's3';
  readonly endpoint: string;
  readonly region: string | undefined;
  readonly force_path_style: boolean | undefined;
  readonly access_key_id: string;
  readonly secret_access_key: string;
}

/** What the admin API takes for a backend; what is undefined is left to its defaults. */
export type BackendBody = ({ readonly type: 'filesystem'; readonly path: string } | RemoteBody) & {
  readonly name: string;
  readonly encryption: EncryptionBody | undefined;
};

interface EncryptionBody {
  readonly mode: string;
  readonly key_id: string | undefined;
  readonly key: string | undefined;
}

export function addBackendFlags(command: Command): Command {
  return command
    .option('--endpoint <url>', 'S3 endpoint of the backend')
    .option('--region <region>', 'region of the endpoint (default: us-east-1)')
    .option('--access-key <key>', 'access key id (or PENUMBRA_BACKEND_ACCESS_KEY)')
    .option('--virtual-hosts', 'address buckets by host name in place of path')
    .option('--path <folder>', "a folder of the gateway's machine, in place of an endpoint")
    .addOption(
      new Option('--encryption <mode>', 'how objects are encrypted at rest (default: none)').choices(MODES),
    )
    .option('--encryption-key-id <id>', 'what objects call the key, or its id at the backend (sse-kms)');
}

/** The backend that the flags describe. @throws UsageError */
export async function readBackendFlags(name: string, flags: BackendFlags, io: Io): Promise<BackendBody> {
  const { endpoint, region, path, virtualHosts } = flags;
  if (path !== undefined) {
    if (isRemote(flags)) throw new UsageError('--path stands alone: a backend is a folder or an endpoint');
    return { name, type: 'filesystem', path, encryption: await readEncryption(name, flags, io) };
  }
  if (endpoint === undefined) throw new UsageError('a backend needs --endpoint, or --path');
  return {
    name,
    type: 's3',
    endpoint,
    region,
    force_path_style: virtualHosts && false,
    ...(await readBackendKeys(name, flags, io)),
    encryption: await readEncryption(name, flags, io),
  };
}

/**
 * The keys of a backend. The secret one comes from PENUMBRA_BACKEND_SECRET_KEY, is asked for on a terminal, or read from stdin: never from the
 * command line, which other users of a machine can see.
 *
 * @throws UsageError
 */
export async function readBackendKeys(
  name: string,
  flags: Pick<BackendFlags, 'accessKey'>,
  io: Io,
): Promise<Pick<RemoteBody, 'access_key_id' | 'secret_access_key'>> {
  const accessKey = flags.accessKey ?? io.environment.backendAccessKey;
  if (accessKey === undefined && !isInteractive(io))
    throw new UsageError(`a backend needs ${ACCESS_KEY} as well`);
  return {
    access_key_id: accessKey ?? (await askSecret(io, `Access key id of ${name}`)),
    secret_access_key:
      io.environment.backendSecretKey ?? (await readSecret(io, `Secret access key of ${name}`)),
  };
}

/** Its key comes from PENUMBRA_BACKEND_ENCRYPTION_KEY, or is asked for on a terminal: stdin may have another secret. */
async function readEncryption(
  name: string,
  { encryption: mode, encryptionKeyId: key_id }: BackendFlags,
  io: Io,
): Promise<EncryptionBody | undefined> {
  if (mode === undefined && key_id !== undefined)
    throw new UsageError('--encryption-key-id goes with --encryption');
  if (mode !== 'aes256-gcm') return mode === undefined ? undefined : { mode, key_id, key: undefined };
  const key = io.environment.backendEncryptionKey;
  if (key === undefined && !isInteractive(io))
    throw new UsageError('--encryption aes256-gcm needs PENUMBRA_BACKEND_ENCRYPTION_KEY as well');
  return { mode, key_id, key: key ?? (await askSecret(io, `Encryption key of ${name}`)) };
}

const isRemote = ({ endpoint, region, accessKey, virtualHosts }: BackendFlags): boolean =>
  [endpoint, region, accessKey, virtualHosts].some((flag) => flag !== undefined);

import { type Command, Option } from 'commander';
import { ENDPOINT_RULE, parseEndpoint } from '../gateway/endpoint.js';
import { UsageError } from './failure.js';
import { type Io, isInteractive } from './io.js';
import { askSecret } from './prompts.js';

const ACCESS_KEY = '--shadow-access-key (or PENUMBRA_SHADOW_ACCESS_KEY)';
const SECRET_KEY = '--shadow-secret-key (or PENUMBRA_SHADOW_SECRET_KEY)';

export interface ShadowFlags {
  readonly shadowName?: string;
  readonly shadowPrefix?: string;
  readonly targetPrefix?: string;
  readonly shadowEndpoint?: string;
  readonly shadowRegion?: string;
  readonly shadowAccessKey?: string;
  readonly shadowSecretKey?: string;
  readonly shadowWriteThrough?: boolean;
  readonly shadowDelete?: 'both' | 'target';
  readonly shadowAcl?: boolean;
  readonly provenance?: boolean;
}

/** The `shadow` of the admin API's bodies; what is undefined is left to the API's defaults, or as it is. */
export interface ShadowBody {
  readonly name?: string | undefined;
  readonly prefix?: string | undefined;
  readonly target_prefix?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly region: string | undefined;
  readonly access_key_id: string | undefined;
  readonly secret_access_key: string | undefined;
  readonly write_through: boolean | undefined;
  readonly delete: 'both' | 'target' | undefined;
  readonly acl: boolean | undefined;
  readonly provenance: boolean | undefined;
}

export function addShadowFlags(command: Command): Command {
  return command
    .option('--shadow-name <name>', "the shadow bucket's name (default: the bucket's own)")
    .option('--shadow-prefix <prefix>', 'move only the keys of the shadow that begin with it (default: all)')
    .option('--target-prefix <prefix>', 'what they begin with in this bucket in its place (default: nothing)')
    .option('--shadow-endpoint <url>', 'S3 endpoint of the shadow bucket')
    .option('--shadow-region <region>', 'region of the shadow bucket')
    .option('--shadow-access-key <key>', 'access key id for the shadow (or PENUMBRA_SHADOW_ACCESS_KEY)')
    .option('--shadow-secret-key <secret>', 'secret access key (or PENUMBRA_SHADOW_SECRET_KEY)')
    .option('--shadow-write-through', 'write to the shadow bucket as well')
    .option('--no-shadow-write-through', 'write to the target alone (default for a new shadow)')
    .addOption(
      new Option(
        '--shadow-delete <where>',
        'where deletes go: both buckets (default for a new shadow), or the target alone',
      ).choices(['both', 'target']),
    )
    .option('--shadow-acl', "give copies the grants of the shadow's objects")
    .option('--no-shadow-acl', 'give copies no grants (default for a new shadow)')
    .option(
      '--provenance',
      'have copies tell where they are from, to the gateway alone (default for a new shadow)',
    )
    .option('--no-provenance', 'give copies no user metadata but that of their sources');
}

/**
 * The shadow that the flags describe; undefined when there is no shadow flag at all. Secrets may come from the
 * environment, or are asked for on a terminal. Throws UsageError naming every flag that is missing.
 */
export async function readShadowFlags(flags: ShadowFlags, io: Io): Promise<ShadowBody | undefined> {
  if (!hasShadowFlag(flags)) return undefined;
  const { shadowEndpoint: endpoint, shadowRegion: region } = flags;
  const accessKey = flags.shadowAccessKey ?? io.environment.shadowAccessKey;
  const secretKey = flags.shadowSecretKey ?? io.environment.shadowSecretKey;
  const missing = missingOf({
    '--shadow-endpoint': endpoint,
    '--shadow-region': region,
    ...(isInteractive(io) ? {} : { [ACCESS_KEY]: accessKey, [SECRET_KEY]: secretKey }),
  });
  if (endpoint === undefined || region === undefined || missing.length > 0) {
    throw new UsageError(`a shadow needs ${missing.join(', ')} as well`);
  }
  return {
    name: flags.shadowName,
    ...prefixesOf(flags),
    endpoint: checkedEndpoint(endpoint),
    region,
    access_key_id: accessKey ?? (await askSecret(io, 'Access key id of the shadow')),
    secret_access_key: secretKey ?? (await askSecret(io, 'Secret access key of the shadow')),
    ...modes(flags),
  };
}

const modes = ({ shadowWriteThrough, shadowDelete, shadowAcl, provenance }: ShadowFlags) => ({
  write_through: shadowWriteThrough,
  delete: shadowDelete,
  acl: shadowAcl,
  provenance,
});

/**
 * What the flags change of the shadow that a bucket has. Who names an endpoint or a bucket gives the whole of a shadow: keys are not kept for
 * another one.
 *
 * @throws UsageError naming every flag that is missing
 */
export async function readShadowChanges(flags: ShadowFlags, io: Io): Promise<ShadowBody | undefined> {
  if (!hasShadowFlag(flags)) return undefined;
  if (flags.shadowEndpoint !== undefined || flags.shadowName !== undefined) return readShadowFlags(flags, io);
  return {
    region: flags.shadowRegion,
    ...prefixesOf(flags),
    ...newKeys(flags, io),
    ...modes(flags),
  };
}

const prefixesOf = ({ shadowPrefix, targetPrefix }: ShadowFlags) => ({
  prefix: shadowPrefix,
  target_prefix: targetPrefix,
});

/** Of a pair of keys one may be in the environment, where others do not see it. */
function newKeys(
  flags: ShadowFlags,
  { environment }: Io,
): Pick<ShadowBody, 'access_key_id' | 'secret_access_key'> {
  const { shadowAccessKey: id, shadowSecretKey: secret } = flags;
  return {
    access_key_id: id ?? (secret === undefined ? undefined : environment.shadowAccessKey),
    secret_access_key: secret ?? (id === undefined ? undefined : environment.shadowSecretKey),
  };
}

/** Names of the environment do not count: they may be set for other commands. */
export function hasShadowFlag(flags: ShadowFlags): boolean {
  return Object.entries(flags).some(([name, value]) => isOfShadow(name) && value !== undefined);
}

const isOfShadow = (flag: string): boolean =>
  flag.startsWith('shadow') || flag === 'targetPrefix' || flag === 'provenance';

function checkedEndpoint(value: string): string {
  const endpoint = parseEndpoint(value);
  if (endpoint === undefined) throw new UsageError(`--shadow-endpoint "${value}" must be ${ENDPOINT_RULE}`);
  return endpoint;
}

function missingOf(values: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(values).flatMap(([flag, value]) => (value === undefined ? [flag] : []));
}

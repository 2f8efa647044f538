import type { BucketRecord } from '../../state/buckets.js';
import type { ShadowRecord } from './dependencies.js';
import { AdminError } from './errors.js';
import type { ShadowChanges, ShadowInput } from './schemas.js';

type Address = Pick<ShadowRecord, 'endpoint' | 'name'>;

const NEEDED = ['endpoint', 'region', 'access_key_id', 'secret_access_key'] as const;

/**
 * The settings of a shadow as a whole: what is left out of a change stays as it is. Keys are only kept for the bucket that they were
 * given for: another one needs all of its own.
 *
 * @throws AdminError 400 naming what is missing
 */
export function completeShadow(changes: ShadowChanges, record: BucketRecord): ShadowInput {
  const current = currentShadow(changes, record);
  const { name = current?.name, endpoint = current?.endpoint, region = current?.region } = changes;
  const { access_key_id = current?.accessKeyId, secret_access_key = current?.secretAccessKey } = changes;
  const whole = { ...changes, name, endpoint, region, access_key_id, secret_access_key };
  const missing = NEEDED.filter((field) => whole[field] === undefined);
  if (isWhole(whole)) return whole;
  throw new AdminError(400, 'invalid_request', `a shadow needs ${missing.join(', ')} as well`);
}

const isWhole = (input: ShadowChanges): input is ShadowInput =>
  NEEDED.every((field) => input[field] !== undefined);

/** The shadow that the changes are of; undefined when they name another bucket, or the first. */
export function currentShadow(
  changes: ShadowChanges,
  { name, shadow }: BucketRecord,
): ShadowRecord | undefined {
  if (shadow === null) return undefined;
  const { endpoint } = changes;
  const address =
    endpoint === undefined
      ? { endpoint: shadow.endpoint, name: changes.name ?? shadow.name }
      : { endpoint, name: changes.name ?? name };
  return isSameBucket(shadow, address) ? shadow : undefined;
}

const isSameBucket = (one: Address, other: Address): boolean =>
  one.endpoint === other.endpoint && one.name === other.name;

/**
 * The shadow as it is stored; its name is the bucket's own unless it was given. Who only sends new keys for the shadow that a
 * bucket has, its `current` one, does not change how it is written. A new one begins where it is to be in the end.
 */
export function toShadowRecord(
  input: ShadowInput,
  { bucket, since, current }: { bucket: string; since: string; current?: ShadowRecord | undefined },
): ShadowRecord {
  const writeThrough = input.write_through ?? current?.writeThrough ?? false;
  const aim = aimOf(writeThrough);
  return {
    name: input.name ?? bucket,
    prefix: input.prefix ?? current?.prefix ?? '',
    targetPrefix: input.target_prefix ?? current?.targetPrefix ?? '',
    endpoint: input.endpoint,
    region: input.region,
    accessKeyId: input.access_key_id,
    secretAccessKey: input.secret_access_key,
    writeThrough,
    rung: current?.rung ?? aim,
    confirmed: current?.confirmed ?? true,
    aim,
    delete: input.delete ?? current?.delete ?? 'both',
    acl: input.acl ?? current?.acl ?? false,
    provenance: input.provenance ?? current?.provenance ?? true,
    ...(current?.trailingChecksums !== undefined && { trailingChecksums: current.trailingChecksums }),
    since: current?.since ?? since,
  };
}

/**
 * Tombstones and copies rest on which object of the shadow a key stands for.
 *
 * @throws AdminError 409 when the prefixes are to change of a shadow that is set
 */
export function assertSamePrefixes(shadow: ShadowRecord, current: ShadowRecord): void {
  assertSame('prefix', shadow.prefix, current.prefix);
  assertSame('target_prefix', shadow.targetPrefix, current.targetPrefix);
}

function assertSame(field: string, wanted: string, set: string): void {
  if (wanted === set) return;
  throw new AdminError(
    409,
    'shadow_set',
    `shadow.${field}: ${JSON.stringify(wanted)} must be ${JSON.stringify(set)} as long as this shadow is set: clear the shadow first`,
  );
}

/** Where a shadow is to be as its operator wants it written. */
const aimOf = (writeThrough: boolean) => (writeThrough ? 'write-through' : 'read-through');

/** Whether a shadow is asked in another way, or for more, than with the settings that the bucket has, which were tried. */
export function asksMore(shadow: ShadowRecord, current: ShadowRecord): boolean {
  return (
    shadow.region !== current.region ||
    shadow.accessKeyId !== current.accessKeyId ||
    shadow.secretAccessKey !== current.secretAccessKey ||
    (shadow.writeThrough && !current.writeThrough) ||
    (shadow.acl === true && !current.acl) ||
    (shadow.delete === 'both' && current.delete === 'target')
  );
}

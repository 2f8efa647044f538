import { isDeepStrictEqual } from 'node:util';
import type { BucketRecord } from '../../state/buckets.js';
import {
  type DeclaredPlace,
  isDeclared,
  type Place,
  placeWords,
  type RemotePlace,
} from '../../state/place.js';
import type { ShadowRecord } from './dependencies.js';
import { AdminError } from './errors.js';
import type { ShadowChanges, ShadowInput } from './schemas.js';

const NEEDED = ['endpoint', 'region', 'access_key_id', 'secret_access_key'] as const;

/**
 * Where a shadow is as its changes leave it: what is left out stays as it is. Keys are only kept for the bucket that they were given for: another
 * one needs all of its own.
 *
 * @throws AdminError 400 naming what is missing, or what the bucket of a declared backend cannot be given
 */
export function shadowPlace(changes: ShadowChanges, record: BucketRecord): Place {
  const current = currentShadow(changes, record)?.place;
  if (current && isDeclared(current)) return assertUnchanged(changes, current);
  const known = current && fieldsOf(current);
  const whole = { bucket: changes.name ?? known?.name ?? record.name, ...keptOf(changes, known) };
  const missing = NEEDED.filter((field) => whole[field] === undefined);
  const { bucket, endpoint, region, access_key_id: accessKeyId, secret_access_key: secretAccessKey } = whole;
  if (
    endpoint !== undefined &&
    region !== undefined &&
    accessKeyId !== undefined &&
    secretAccessKey !== undefined
  )
    return { bucket, endpoint, region, accessKeyId, secretAccessKey };
  throw new AdminError(400, 'invalid_request', `a shadow needs ${missing.join(', ')} as well`);
}

/** The place of a bucket's first shadow, whose bucket is called as the bucket itself unless it was given a name. */
export const newShadowPlace = (input: ShadowInput, bucket: string): RemotePlace => ({
  bucket: input.name ?? bucket,
  endpoint: input.endpoint,
  region: input.region,
  accessKeyId: input.access_key_id,
  secretAccessKey: input.secret_access_key,
});

type PlaceFields = Pick<ShadowChanges, (typeof NEEDED)[number]>;

const fieldsOf = ({ bucket: name, accessKeyId, secretAccessKey, ...rest }: RemotePlace) => ({
  name,
  ...rest,
  access_key_id: accessKeyId,
  secret_access_key: secretAccessKey,
});

const keptOf = (changes: ShadowChanges, known: PlaceFields | undefined): PlaceFields =>
  Object.fromEntries(NEEDED.map((field) => [field, changes[field] ?? known?.[field]]));

function assertUnchanged(changes: ShadowChanges, place: DeclaredPlace): DeclaredPlace {
  const given = NEEDED.find((field) => changes[field] !== undefined);
  if (given === undefined) return place;
  const message = `shadow.${given} cannot be given: the shadow is ${placeWords(place)}, which the configuration declares`;
  throw new AdminError(400, 'invalid_request', message);
}

/** The shadow that the changes are of; undefined when they name another bucket, or the first. */
export function currentShadow(
  changes: ShadowChanges,
  { name, shadow }: BucketRecord,
): ShadowRecord | undefined {
  if (shadow === null) return undefined;
  const { place } = shadow;
  if (changes.endpoint === undefined)
    return (changes.name ?? place.bucket) === place.bucket ? shadow : undefined;
  const isSame = !isDeclared(place) && place.endpoint === changes.endpoint;
  return isSame && place.bucket === (changes.name ?? name) ? shadow : undefined;
}

/**
 * The shadow as it is stored; its name is the bucket's own unless it was given. Who only sends new keys for the shadow that a
 * bucket has, its `current` one, does not change how it is written. A new one begins where it is to be in the end.
 */
export function toShadowRecord(
  input: ShadowChanges,
  { place, since, current }: { place: Place; since: string; current?: ShadowRecord | undefined },
): ShadowRecord {
  const writeThrough = input.write_through ?? current?.writeThrough ?? false;
  const aim = aimOf(writeThrough);
  return {
    place,
    prefix: input.prefix ?? current?.prefix ?? '',
    targetPrefix: input.target_prefix ?? current?.targetPrefix ?? '',
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
    !isDeepStrictEqual(shadow.place, current.place) ||
    (shadow.writeThrough && !current.writeThrough) ||
    (shadow.acl === true && !current.acl) ||
    (shadow.delete === 'both' && current.delete === 'target')
  );
}

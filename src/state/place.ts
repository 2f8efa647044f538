import { z } from 'zod';

/** A bucket of a backend that the configuration declares. */
const declared = z.object({ backend: z.string(), bucket: z.string() });

/** A bucket of an S3 endpoint that is reached with keys of its own. */
const remote = z.object({
  bucket: z.string(),
  endpoint: z.string(),
  region: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
});

/** Where a bucket's objects are. Either side of a migration can be either. */
export const place = z.union([remote, declared]);

export type DeclaredPlace = z.infer<typeof declared>;
export type RemotePlace = z.infer<typeof remote>;
export type Place = z.infer<typeof place>;

export const isDeclared = (place: Place): place is DeclaredPlace => 'backend' in place;

/** Whether a place is a bucket of this backend. */
export const isOfBackend = (place: Place | undefined, backend: string): boolean =>
  place !== undefined && isDeclared(place) && place.backend === backend;

/** Whether two places are of one store, which can copy from one to the other. */
export const sameStore = (one: Place, other: Place): boolean => storeOf(one) === storeOf(other);

/** Whether two places are reached at one address, though perhaps by other keys. */
export const sameAddress = (one: Place, other: Place): boolean => addressOf(one) === addressOf(other);

/** Whether two places are one bucket, as far as their names tell. */
export const samePlace = (one: Place, other: Place): boolean =>
  sameAddress(one, other) && one.bucket === other.bucket;

/** What tells one place from all others; without secrets. */
export const placeId = (place: Place): string => `${addressOf(place)}/${place.bucket}`;

/** A place in words, without its keys: `bucket "photos" of backend "local-disk"`. */
export const placeWords = (place: Place): string =>
  isDeclared(place)
    ? `bucket "${place.bucket}" of backend "${place.backend}"`
    : `bucket "${place.bucket}" at ${place.endpoint}`;

const addressOf = (place: Place): string => (isDeclared(place) ? place.backend : place.endpoint);

/** An endpoint copies what its key may read. */
const storeOf = (place: Place): string =>
  isDeclared(place) ? place.backend : `${place.endpoint} ${place.accessKeyId}`;

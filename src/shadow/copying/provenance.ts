import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { HeaderFields, S3Response } from '../../s3/message.js';
import { type Place, placeId } from '../../state/place.js';
import type { Found } from './belongings.js';

const USER_METADATA = 'x-amz-meta-';

/** The user metadata of a copy that tells where it is from: written by the gateway alone, and not shown to clients. */
const RESERVED = `${USER_METADATA}penumbra-source-`;
const MODIFIED = `${RESERVED}last-modified`;
const ETAG = `${RESERVED}etag`;
const COPIED_BY = `${RESERVED}copied-by`;

/** When an object was written in the shadow, as clients are told. */
export const SOURCE_LAST_MODIFIED = 'x-penumbra-source-last-modified';

/** AWS, "Working with object metadata": names and values of user metadata together, in bytes; a header string has one character for each. */
const MAX_USER_METADATA_BYTES = 2048;

/** What brings an object over: a client's request for it, or the sweep. */
export const OCCASIONS = ['read', 'sweep'] as const;

/** Who makes a copy. */
export interface Copier {
  readonly as: (typeof OCCASIONS)[number];
  /** The gateway's id. */
  readonly gateway: string;
}

/** Which objects a bucket's copies are made of: another shadow, or one under other prefixes, has others of the same keys. */
export const sourceId = (shadow: {
  readonly place: Place;
  readonly prefix: string;
  readonly targetPrefix: string;
}): string => JSON.stringify([placeId(shadow.place), shadow.prefix, shadow.targetPrefix]);

/** What is known beforehand of the copies from a shadow: whether they say where they are from, unless their source left them no room, and the `sourceId` they name. */
export const markingOf = (
  shadow: Parameters<typeof sourceId>[0] & { readonly provenance?: boolean | undefined },
): { readonly provenance: boolean; readonly from: string } => ({
  provenance: shadow.provenance !== false,
  from: sourceId(shadow),
});

/** What a copy says of itself. */
export interface Provenance {
  /** Of the source, with its quotes; '' where it had none. */
  readonly etag: string;
  /** When the source was written, Unix ms, as its store told; undefined where it did not. */
  readonly lastModified: number | undefined;
  readonly copier: Copier;
}

export const isProvenance = (name: string): boolean => name.startsWith(RESERVED);

/** The field by which a client sees an object's provenance; undefined for what it does not see. */
export const shownAs = (name: string): string | undefined =>
  name === MODIFIED ? SOURCE_LAST_MODIFIED : undefined;

/** The shadow's answer, with the time of its object as the copy will show it. */
export function withSourceTime(answer: S3Response): S3Response {
  const modified = answer.headers['last-modified'];
  if (modified === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, [SOURCE_LAST_MODIFIED]: modified } };
}

/** What is the same whoever makes the copy. */
export const withoutCopier = ({ [COPIED_BY]: _, ...headers }: HeaderFields): HeaderFields => headers;

interface Source {
  readonly key: string;
  readonly etag: string;
  readonly headers: HeaderFields;
}

/** The source's ETag and Last-Modified, and who copied it, as user metadata of a copy, where they fit beside the source's own. */
export function provenance(
  { key, etag, headers }: Source,
  metadata: HeaderFields,
  { as, gateway, from }: Copier & { readonly from: string },
): Found[] {
  const modified = headers['last-modified'];
  const fields: Record<string, string> = {};
  if (modified) fields[MODIFIED] = modified;
  if (etag) fields[ETAG] = etag;
  fields[COPIED_BY] = `${as} ${gateway} ${markOf(key)} ${markOfSource(from)}`;
  const beside = userMetadataBytes(metadata);
  if (beside + userMetadataBytes(fields) > MAX_USER_METADATA_BYTES)
    return [{ what: 'provenance', reason: 'no room beside the user metadata (2 KB)' }];
  return [{ what: 'provenance', variant: `beside ${beside} bytes`, headers: fields }];
}

/**
 * What the target's object of this key says of where it is from. Undefined where it is no copy: it says nothing, or what it says is of another key,
 * of which a client made it by CopyObject, or of another shadow, which the bucket had before.
 *
 * @param from the `sourceId` of the shadow; any unless given
 */
export function readProvenance(key: string, headers: HeaderFields, from?: string): Provenance | undefined {
  const [as, gateway, ofKey, ofSource] = (headers[COPIED_BY] ?? '').split(' ');
  const occasion = OCCASIONS.find((known) => known === as);
  if (!occasion || gateway === undefined || ofKey !== markOf(key)) return undefined;
  if (from !== undefined && ofSource !== markOfSource(from)) return undefined;
  const lastModified = Date.parse(headers[MODIFIED] ?? '');
  return {
    etag: headers[ETAG] ?? '',
    lastModified: Number.isNaN(lastModified) ? undefined : lastModified,
    copier: { as: occasion, gateway },
  };
}

/** More than any gateway's name takes. */
const ROOM = 512;

/** Whether an object with this metadata could have been given provenance when it was copied. */
export const hasRoomForProvenance = (metadata: HeaderFields): boolean =>
  userMetadataBytes(metadata) + ROOM <= MAX_USER_METADATA_BYTES;

/** Short, and of nothing else. */
const markOf = (text: string): string => hash('sha256', text, 'hex').slice(0, 12);

/** There are few, and each is asked for with every copy. */
const marksOfSources = new LRUCache<string, string>({ max: 1_000 });

function markOfSource(from: string): string {
  const known = marksOfSources.get(from);
  if (known !== undefined) return known;
  const mark = markOf(from);
  marksOfSources.set(from, mark);
  return mark;
}

function userMetadataBytes(headers: HeaderFields): number {
  let bytes = 0;
  for (const name in headers)
    if (name.startsWith(USER_METADATA))
      bytes += name.length - USER_METADATA.length + (headers[name]?.length ?? 0);
  return bytes;
}

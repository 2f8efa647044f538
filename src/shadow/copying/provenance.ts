import type { HeaderFields, S3Response } from '../../s3/message.js';
import type { Found } from './belongings.js';

const USER_METADATA = 'x-amz-meta-';

/** The user metadata of a copy that tells where it is from: written by the gateway alone, and not shown to clients. */
const RESERVED = `${USER_METADATA}penumbra-source-`;
const MODIFIED = `${RESERVED}last-modified`;
const ETAG = `${RESERVED}etag`;

/** When an object was written in the shadow, as clients are told. */
export const SOURCE_LAST_MODIFIED = 'x-penumbra-source-last-modified';

/** AWS, "Working with object metadata": names and values of user metadata together, in bytes; a header string has one character for each. */
const MAX_USER_METADATA_BYTES = 2048;

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

/** The source's ETag and Last-Modified as user metadata of a copy, where they fit beside the source's own. */
export function provenance(
  { etag, headers }: { readonly etag: string; readonly headers: HeaderFields },
  metadata: HeaderFields,
): Found[] {
  const modified = headers['last-modified'];
  const fields = { ...(modified && { [MODIFIED]: modified }), ...(etag && { [ETAG]: etag }) };
  const beside = userMetadataBytes(metadata);
  if (beside + userMetadataBytes(fields) > MAX_USER_METADATA_BYTES)
    return [{ what: 'provenance', reason: 'no room beside the user metadata (2 KB)' }];
  return [{ what: 'provenance', variant: `beside ${beside} bytes`, headers: fields }];
}

const userMetadataBytes = (headers: HeaderFields): number =>
  Object.entries(headers)
    .filter(([name]) => name.startsWith(USER_METADATA))
    .reduce((bytes, [name, value]) => bytes + name.length - USER_METADATA.length + value.length, 0);

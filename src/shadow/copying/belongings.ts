import { fieldsOf } from '../../s3/fields.js';
import type { HeaderFields } from '../../s3/message.js';
import type { ShadowContext } from '../context.js';
import { aclBelonging } from './acl.js';
import type { Loss } from './loss.js';
import { objectLockBelonging } from './object-lock.js';
import { provenance } from './provenance.js';
import type { Belonging } from './refusals.js';
import { checksumBelonging } from './source-checksum.js';
import { metadataHeaders, type SourceObject, taggingHeader } from './source-object.js';

/** What a copy is given beside its bytes. */
export interface Belongings {
  /** All of it, as fields of the PUT or of the CreateMultipartUpload. */
  readonly headers: HeaderFields;
  /** What of it the target may refuse. */
  readonly refusable: readonly Belonging[];
  /** What the source has and the copy is not given. */
  readonly losses: readonly Loss[];
}

/** How a copy is sent. */
export type Way = 'put' | 'parts';

export type Found = Belonging | Loss;

const REDIRECT = 'x-amz-website-redirect-location';

/**
 * All that a copy from the shadow can keep of its source. Requests are made only for what the source says that it has, and for its ACL
 * where that is asked for.
 *
 * @throws CopyFailed, BackendUnavailable when something cannot be read that may be readable later
 */
export async function gather(
  ctx: ShadowContext,
  object: SourceObject,
  { way, signal }: { readonly way: Way; readonly signal: AbortSignal },
): Promise<Belongings> {
  const kept = metadataHeaders(object);
  const redirect = kept[REDIRECT];
  const metadata = redirect === undefined ? kept : fieldsOf(kept, (name) => name !== REDIRECT);
  const { lockRefusal, owner, refusals } = ctx.learnt;
  const found: Found[] = [
    ...(redirect ? [{ what: 'redirect' as const, variant: '', headers: { [REDIRECT]: redirect } }] : []),
    ...tags(await taggingHeader(ctx, object, signal)),
    ...storageClass(object),
    ...(await objectLockBelonging({ refusal: lockRefusal, clock: ctx.clock }, object, signal)),
    ...(ctx.settings.acl ? await aclBelonging({ shadow: ctx.shadow, owner }, object.key, signal) : []),
    ...checksumBelonging(object, way),
    ...unreadableMetadata(object),
    ...(ctx.settings.provenance === false
      ? []
      : provenance(object, metadata, { ...ctx.copier, from: ctx.sourceId })),
  ];
  const sendable = found.map((item) => ('headers' in item ? (refusals.against(item) ?? item) : item));
  const refusable = sendable.filter((item) => 'headers' in item);
  return {
    headers: Object.assign({}, metadata, ...refusable.map(({ headers }) => headers)),
    refusable,
    losses: sendable.filter((item) => 'reason' in item),
  };
}

/** What is kept of an object that goes the other way, to the shadow: its metadata and its tags. */
export async function gatherPlain(
  ctx: Pick<ShadowContext, 'shadow'>,
  object: SourceObject,
  signal: AbortSignal,
): Promise<Belongings> {
  const headers = { ...metadataHeaders(object), ...(await taggingHeader(ctx, object, signal)) };
  return { headers, refusable: [], losses: [] };
}

const tags = (headers: HeaderFields): Found[] =>
  Object.keys(headers).length === 0 ? [] : [{ what: 'tags', variant: JSON.stringify(headers), headers }];

/** Classes whose objects cannot be read until they are restored (AWS, "Archival storage classes"). */
const ARCHIVES = new Set(['GLACIER', 'DEEP_ARCHIVE']);

function storageClass({ headers }: SourceObject): Found[] {
  const { 'x-amz-storage-class': named = 'STANDARD' } = headers;
  if (named === 'STANDARD') return [];
  if (ARCHIVES.has(named))
    return [{ what: 'storage-class', reason: `the copy could not be read in ${named}` }];
  return [{ what: 'storage-class', variant: named, headers: { 'x-amz-storage-class': named } }];
}

/** AWS, GetObject: x-amz-missing-meta counts what could not be told in header fields. */
const unreadableMetadata = ({ headers }: SourceObject): Found[] =>
  Number(headers['x-amz-missing-meta'] ?? 0) > 0
    ? [{ what: 'metadata', reason: 'the shadow could not tell all of it (x-amz-missing-meta)' }]
    : [];

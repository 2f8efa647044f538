import pLimit from 'p-limit';
import type { HeaderFields, S3Response, S3Service } from '../../s3/message.js';
import { readAcl } from '../../s3/xml/acl.js';
import { readError } from '../../s3/xml/error.js';
import type { ListedObject } from '../../s3/xml/listing.js';
import { readTagging } from '../../s3/xml/tagging.js';
import { ask, isSuccess, readBody } from '../../shadow/ask.js';
import {
  ASKING_FOR_CHECKSUMS,
  type SourceChecksum,
  sourceChecksum,
} from '../../shadow/copying/source-checksum.js';
import { hasDigests } from '../../shadow/copying/source-object.js';

/** What an object has beside its bytes, as its store tells it. */
export interface SampledObject {
  readonly key: string;
  readonly etag: string;
  readonly storageClass: string;
  readonly isTagged: boolean;
  /** Whether others than its owner have been granted something. */
  readonly isGranted: boolean;
  readonly isLocked: boolean;
  readonly isRedirect: boolean;
  readonly checksum: SourceChecksum | undefined;
  /** Whether its ETag is a hash. */
  readonly hasDigest: boolean;
  /** What could not be read of it, and why. */
  readonly unreadable: readonly string[];
}

/** Objects that are looked at side by side. */
const AT_ONCE = 8;
/** What stores answer that have no tags or no ACLs, or no longer the object. */
const HAS_NONE = new Set([
  'NoSuchKey',
  'NotImplemented',
  'AccessControlListNotSupported',
  'MethodNotAllowed',
  'NoSuchTagSet',
]);

/**
 * Looks at objects one by one: a HEAD, their tags and their grants. What is gone meanwhile is left out, as is what there was no time for.
 *
 * @throws BackendUnavailable
 */
export async function lookAt(
  source: S3Service,
  sample: readonly ListedObject[],
  signal: AbortSignal,
): Promise<SampledObject[]> {
  const limit = pLimit(AT_ONCE);
  const seen = await Promise.all(sample.map((object) => limit(() => lookAtOne(source, object, signal))));
  return seen.filter((object) => object !== undefined);
}

async function lookAtOne(
  source: S3Service,
  listed: ListedObject,
  signal: AbortSignal,
): Promise<SampledObject | undefined> {
  if (signal.aborted) return undefined;
  try {
    return await describe(source, listed, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    return undefined;
  }
}

async function describe(
  source: S3Service,
  { key, etag, storageClass }: ListedObject,
  signal: AbortSignal,
): Promise<SampledObject | undefined> {
  const head = await source(
    ask('HeadObject', { method: 'HEAD', key, headers: ASKING_FOR_CHECKSUMS, signal }),
  );
  if (head.status === 404) return undefined;
  const tagging = await source(ask('GetObjectTagging', { key, query: [['tagging', '']], signal }));
  const tags = await answered('tags', tagging, (text) => readTagging(text).length > 0);
  const acl = await source(ask('GetObjectAcl', { key, query: [['acl', '']], signal }));
  const grants = await answered('grants', acl, isGrantedToOthers);
  return {
    key,
    etag,
    storageClass: head.headers['x-amz-storage-class'] ?? storageClass ?? 'STANDARD',
    isTagged: tags.value,
    isGranted: grants.value,
    isLocked: isLocked(head.headers),
    isRedirect: head.headers['x-amz-website-redirect-location'] !== undefined,
    checksum: sourceChecksum(head),
    hasDigest: hasDigests(head.headers),
    unreadable: [
      ...(isSuccess(head) ? [] : [`metadata (HTTP ${head.status})`]),
      ...tags.unreadable,
      ...grants.unreadable,
    ],
  };
}

const isLocked = (headers: HeaderFields): boolean =>
  headers['x-amz-object-lock-mode'] !== undefined || headers['x-amz-object-lock-legal-hold'] === 'ON';

interface Answered {
  readonly value: boolean;
  readonly unreadable: readonly string[];
}

async function answered(
  what: string,
  answer: S3Response,
  read: (text: Buffer) => boolean,
): Promise<Answered> {
  const body = await readBody(answer);
  if (isSuccess(answer)) return { value: read(body), unreadable: [] };
  const code = readError(body.toString('utf8'))?.code ?? `HTTP ${answer.status}`;
  return { value: false, unreadable: HAS_NONE.has(code) ? [] : [`${what} (${code})`] };
}

function isGrantedToOthers(document: Buffer): boolean {
  const { owner, grants } = readAcl(document);
  return grants.some(({ grantee }) => grantee.by !== 'id' || grantee.value !== owner);
}

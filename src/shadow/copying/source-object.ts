import { withStoredEncoding } from '../../s3/content-encoding.js';
import { isMetadata } from '../../s3/copied-object.js';
import { fieldsOf } from '../../s3/fields.js';
import type { HeaderFields, S3Response } from '../../s3/message.js';
import { formatTaggingHeader, readTagging } from '../../s3/xml/tagging.js';
import { ask, isSuccess, readBody } from '../ask.js';
import type { ShadowContext } from '../context.js';
import { CopyFailed } from './copy-outcome.js';
import { isProvenance } from './provenance.js';

/** What a copy needs to know of the shadow's object, read from the answer that carries its bytes. */
export interface SourceObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** With its quotes, as answered. */
  readonly etag: string;
  readonly headers: HeaderFields;
}

/** @throws CopyFailed when the answer does not announce its length */
export function sourceObject(key: string, answer: S3Response): SourceObject {
  const size = Number(answer.headers['content-length']);
  if (!Number.isSafeInteger(size)) throw new CopyFailed('source answered without Content-Length');
  return { key, size, etag: answer.headers.etag ?? '', headers: answer.headers };
}

/** The request headers that give a copy the metadata of its source; not what a gateway has added to it. */
export const metadataHeaders = ({ headers }: Pick<SourceObject, 'headers'>): HeaderFields =>
  withStoredEncoding(fieldsOf(headers, (name) => isMetadata(name) && !isProvenance(name)));

/** The source's tags as the header of a write, read only when the source says that there are some. */
export async function taggingHeader(
  ctx: Pick<ShadowContext, 'shadow'>,
  { key, headers }: SourceObject,
  signal: AbortSignal,
): Promise<HeaderFields> {
  if (Number(headers['x-amz-tagging-count'] ?? 0) === 0) return {};
  const answer = await ctx.shadow(ask('GetObjectTagging', { key, query: [['tagging', '']], signal }));
  const body = (await readBody(answer)).toString('utf8');
  if (!isSuccess(answer)) throw new CopyFailed(`tags not readable: status ${answer.status}`);
  return { 'x-amz-tagging': formatTaggingHeader(readTagging(body)) };
}

const PLAIN_MD5 = /^"?([0-9a-f]{32})"?$/;

/**
 * Content-MD5 for a copy written by one PUT: the store then refuses other bytes than the source's. An ETag is the MD5 of
 * the bytes unless the object was written in parts.
 */
export function contentMd5({ etag, headers }: SourceObject): HeaderFields {
  const digest = PLAIN_MD5.exec(etag)?.[1];
  return digest && hasDigests(headers)
    ? { 'content-md5': Buffer.from(digest, 'hex').toString('base64') }
    : {};
}

/**
 * Whether the ETags of an object or of the parts of an upload are MD5s, by what a store says of it: they are none where it is
 * encrypted with KMS or a customer's key (AWS, "Object" API type).
 */
export const hasDigests = (headers: HeaderFields): boolean =>
  headers['x-amz-server-side-encryption-customer-algorithm'] === undefined &&
  !headers['x-amz-server-side-encryption']?.startsWith('aws:kms');

import { S3Error } from '../../s3/errors.js';
import { readError } from '../../s3/xml/error.js';
import { type ListedPart, type PartsPage, readListParts } from '../../s3/xml/parts.js';
import { ask, isSuccess, readBody } from '../ask.js';
import { askShadow } from '../ask-shadow.js';
import type { ShadowContext } from '../context.js';
import { type Side, sendTo } from '../half-write.js';
import { lookInTarget } from '../view.js';

/** One upload of one store. */
export interface StoreUpload {
  readonly side: Side;
  readonly key: string;
  readonly uploadId: string;
}

/** Of an upload that it does not have any more, Ceph RGW 16 says that the key is not there. */
const GONE = new Set(['NoSuchUpload', 'NoSuchKey']);

/**
 * All parts of an upload, by their numbers; undefined when the store has no such upload, any more.
 *
 * @throws S3Error ServiceUnavailable when the store does not tell; BackendUnavailable
 */
export async function listParts(
  ctx: ShadowContext,
  upload: StoreUpload,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, ListedPart> | undefined> {
  const parts = new Map<number, ListedPart>();
  let marker = 0;
  for (;;) {
    const page = await readPage(ctx, upload, { marker, signal });
    if (!page) return undefined;
    for (const part of page.parts) parts.set(part.partNumber, part);
    const last = page.parts.at(-1)?.partNumber ?? 0;
    if (!page.isTruncated || last <= marker) return parts;
    marker = last;
  }
}

async function readPage(
  ctx: ShadowContext,
  { side, key, uploadId }: StoreUpload,
  { marker, signal }: { marker: number; signal: AbortSignal },
): Promise<PartsPage | undefined> {
  const query = [
    ['max-parts', '1000'],
    ['part-number-marker', String(marker)],
    ['uploadId', uploadId],
  ] as const;
  const answer = await sendTo(ctx, side, ask('ListParts', { key, query, signal }));
  const body = await readBody(answer);
  if (isSuccess(answer)) return readListParts(body);
  const code = readError(body)?.code;
  if (code !== undefined && GONE.has(code)) return undefined;
  const what = `The ${side} answered ${answer.status} (${code}) to a listing of an upload's parts.`;
  throw new S3Error('ServiceUnavailable', what, { headers: { 'retry-after': '1' } });
}

/** The ETag of the object that one store has of a key, without quotes. @throws as a read of that store */
export async function storedETag(
  ctx: ShadowContext,
  { side, key }: Pick<StoreUpload, 'side' | 'key'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (side === 'shadow') {
    const found = await askShadow(ctx, ask('HeadObject', { method: 'HEAD', key, signal }));
    return found && bareETag(found.headers.etag);
  }
  const found = await lookInTarget(ctx, key, signal);
  return found.state === 'present' ? bareETag(found.etag) : undefined;
}

/** Stores and clients write ETags with quotes and without. */
export const bareETag = (etag = ''): string => etag.replaceAll('"', '').trim();

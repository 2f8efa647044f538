import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { type CompletedPart, readInitiateResult } from '../../s3/xml/multipart.js';
import { ask } from '../ask.js';
import type { ShadowContext } from '../context.js';
import type { Belongings } from './belongings.js';
import { checksummed } from './checksummed.js';
import { announcedChecksum, keptChecksum } from './part-checksums.js';
import { expectTaken } from './refusals.js';
import type { Slicer } from './slicer.js';
import type { SourceChecksum } from './source-checksum.js';
import { hasDigests, type SourceObject } from './source-object.js';

/** Where a copy in parts goes. */
export interface CopyUploadContext {
  readonly ctx: ShadowContext;
  readonly object: SourceObject;
  readonly signal: AbortSignal;
}

/** An upload of the target that holds the parts of a copy. */
export interface CopyUpload {
  readonly uploadId: string;
  /** Whether the ETags of its parts are MD5s. */
  readonly digests: boolean;
  /** What the target said that it will keep. */
  readonly checksum: SourceChecksum | undefined;
  readonly given: Belongings;
  /** What it has already, by part number. */
  readonly sent: ReadonlyMap<number, CompletedPart>;
}

export type PartsContext = CopyUploadContext & { readonly upload: CopyUpload };

/** @throws CopyAnew, CopyFailed, BackendUnavailable */
export async function beginCopyUpload(
  { ctx, object, signal }: CopyUploadContext,
  given: Belongings,
): Promise<CopyUpload> {
  const { key } = object;
  const { headers, refusable } = given;
  const query = [['uploads', '']] as const;
  const request = ask('CreateMultipartUpload', { method: 'POST', key, query, headers, signal });
  const answer = await ctx.target(request);
  const { refusals } = ctx.learnt;
  const body = await expectTaken(answer, 'target refused an upload in parts', { given: refusable, refusals });
  const checksum = announcedChecksum(object, headers, answer.headers);
  return {
    uploadId: readInitiateResult(body).uploadId,
    digests: hasDigests(answer.headers),
    checksum,
    given,
    sent: new Map(),
  };
}

/**
 * Sends the bytes that `slicer` cuts, in parts of these sizes (bytes), one after the other; those of parts that the upload has are passed over.
 *
 * @throws CopyAnew, CopyFailed, BackendUnavailable
 */
export async function sendSlices(
  to: PartsContext,
  slicer: Slicer,
  partSizes: readonly number[],
): Promise<CompletedPart[]> {
  const parts: CompletedPart[] = [];
  for (const [index, length] of partSizes.entries()) {
    const partNumber = index + 1;
    const bytes = slicer.next(length);
    const sent = to.upload.sent.get(partNumber);
    if (sent) await finished(bytes.resume());
    parts.push(sent ?? (await sendPart(to, { partNumber, length, bytes })));
  }
  return parts;
}

export interface Part {
  readonly partNumber: number;
  /** Bytes. */
  readonly length: number;
  readonly bytes: Readable;
}

/** @throws CopyAnew, CopyFailed, BackendUnavailable */
export async function sendPart(
  { ctx, object, upload, signal }: PartsContext,
  { partNumber, length, bytes }: Part,
): Promise<CompletedPart> {
  const { uploadId, checksum, given } = upload;
  const query = [
    ['partNumber', String(partNumber)],
    ['uploadId', uploadId],
  ] as const;
  const headers = { 'content-length': String(length) };
  const body = length === 0 ? Buffer.alloc(0) : bytes;
  const request = ask('UploadPart', { method: 'PUT', key: object.key, query, headers, body, signal });
  const trailed = checksum && length > 0 ? checksummed(bytes, checksum.algorithm) : {};
  const answer = await ctx.target({ ...request, ...trailed });
  const { refusals } = ctx.learnt;
  await expectTaken(answer, 'target refused a part', { given: given.refusable, refusals });
  return { partNumber, etag: answer.headers.etag ?? '', ...keptChecksum(answer.headers, checksum) };
}

import { createHash } from 'node:crypto';
import type { CompletedPart } from '../../s3/xml/multipart.js';
import type { ListedPart } from '../../s3/xml/parts.js';
import type { LeftUpload } from '../../state/ledger.js';
import { listParts } from '../uploads/store-upload.js';
import type { Belongings } from './belongings.js';
import { abortUpload } from './copy-sink.js';
import { beginCopyUpload, type CopyUpload, type CopyUploadContext } from './copy-upload.js';
import type { PartLayout } from './part-layout.js';
import { withoutCopier } from './provenance.js';
import { type SourceChecksum, sourceChecksum } from './source-checksum.js';
import type { SourceObject } from './source-object.js';
import type { UploadKeeper } from './upload-keeper.js';

interface Opening {
  readonly given: Belongings;
  readonly layout: PartLayout;
  /** None where the upload is nobody else's to end. */
  readonly keeper: UploadKeeper | undefined;
}

/**
 * The upload for a copy: the one that an earlier attempt has left, where that was begun for the same bytes in the same parts with the same metadata; else a new
 * one, once the other is aborted.
 *
 * @throws CopyAnew, CopyFailed, BackendUnavailable, S3Error ServiceUnavailable
 */
export async function openCopyUpload(
  to: CopyUploadContext,
  { given, layout, keeper }: Opening,
): Promise<CopyUpload> {
  if (!keeper) return beginCopyUpload(to, given);
  const of = purposeOf(to.object, layout, given);
  const { left } = keeper;
  const resumed = left?.of === of ? await resume(to, left, { given, layout }) : undefined;
  if (resumed) return resumed;
  if (left) await abortUpload(to.ctx, { key: to.object.key, uploadId: left.uploadId }, to.signal);
  return beginNoted(to, { given, keeper, of });
}

/** An upload that nobody has noted is nobody's to end but ours. */
async function beginNoted(
  to: CopyUploadContext,
  { given, keeper, of }: { readonly given: Belongings; readonly keeper: UploadKeeper; readonly of: string },
): Promise<CopyUpload> {
  const begun = await beginCopyUpload(to, given);
  const { uploadId, digests, checksum } = begun;
  try {
    await keeper.note(uploadId, { of, digests, checksum: checksum !== undefined });
    return begun;
  } catch (error) {
    await abortUpload(to.ctx, { key: to.object.key, uploadId }, to.signal);
    throw error;
  }
}

/** Undefined where the target does not have the upload any more. */
async function resume(
  { ctx, object, signal }: CopyUploadContext,
  { uploadId, digests, checksum: keepsChecksum }: LeftUpload,
  { given, layout: { partSizes } }: Pick<Opening, 'given' | 'layout'>,
): Promise<CopyUpload | undefined> {
  const listed = await listParts(ctx, { side: 'target', key: object.key, uploadId }, signal);
  if (!listed) return undefined;
  const checksum = keepsChecksum ? sourceChecksum(object) : undefined;
  const whole = [...listed.values()].filter(({ partNumber, size }) => size === partSizes[partNumber - 1]);
  const sent = new Map(whole.map((part) => [part.partNumber, completed(part, checksum)]));
  return { uploadId, digests, checksum, given, sent };
}

function completed(
  { partNumber, etag, checksums }: ListedPart,
  checksum: SourceChecksum | undefined,
): CompletedPart {
  const kept = checksum && checksums?.[checksum.algorithm];
  return { partNumber, etag, ...(checksum && kept && { checksums: { [checksum.algorithm]: kept } }) };
}

function purposeOf(object: SourceObject, { partSizes }: PartLayout, given: Belongings): string {
  const { etag, size, headers } = object;
  const purpose = [etag, size, headers['last-modified'], partSizes, withoutCopier(given.headers)];
  return createHash('sha256').update(JSON.stringify(purpose)).digest('base64url');
}

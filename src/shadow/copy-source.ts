import { discard } from '../s3/body.js';
import { assertAsCopied, readingHeaders } from '../s3/copied-object.js';
import { parseCopySource } from '../s3/copy-source.js';
import type { S3Body, S3Request, S3Response, S3Service } from '../s3/message.js';
import { ask, isSuccess } from './ask.js';
import type { ShadowContext } from './context.js';
import { type SourceObject, sourceObject } from './copying/source-object.js';

/** What a copy reads, opened. */
export interface CopySource {
  /** Of the range that is asked for. */
  readonly object: SourceObject;
  readonly body: S3Body | undefined;
  /** The store that has it, whatever bucket and version it is asked for. */
  readonly store: S3Service;
}

/**
 * Opens what x-amz-copy-source names, in the target's backend; or tells how that refused.
 *
 * @throws S3Error PreconditionFailed, InvalidArgument (the range, or the source's name); BackendUnavailable
 */
export async function openCopySource(
  ctx: ShadowContext,
  request: S3Request,
): Promise<CopySource | { refused: S3Response }> {
  const { bucket, key, versionId } = parseCopySource(request.headers['x-amz-copy-source'] ?? '');
  const version = versionId === undefined ? [] : ([['versionId', versionId]] as const);
  const store: S3Service = (asked) =>
    ctx.copySources({ ...asked, bucket, query: [...asked.query, ...version] });
  const { signal } = request;
  const answer = await store(ask('GetObject', { key, headers: readingHeaders(request.headers), signal }));
  if (!isSuccess(answer)) return { refused: answer };
  try {
    assertAsCopied(request.headers, answer);
    return { object: sourceObject(key, answer), body: answer.body, store };
  } catch (error) {
    discard(answer.body);
    throw error;
  }
}

import { discard } from '../../s3/body.js';
import type { S3Request, S3Response } from '../../s3/message.js';
import { readError } from '../../s3/xml/error.js';
import type { UploadPair } from '../../state/upload-ids.js';
import { ask, isSuccess, readBody } from '../ask.js';
import { shadowFailed } from '../ask-shadow.js';
import type { ShadowContext } from '../context.js';
import { type Side, sendTo } from '../half-write.js';
import { ofUpload, pairOf } from './pair.js';

/**
 * AbortMultipartUpload: of two uploads both, under the key's intent, so that neither goes while a Complete has released the other. It is
 * answered with success only when neither is left.
 */
export async function abortUpload(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  const pair = pairOf(ctx.uploadIds, request);
  if (!pair) return ctx.target(request);
  const intent = await ctx.ledger.openIntent(request.key, 'exclusive');
  try {
    return await abortBoth(ctx, request, pair);
  } finally {
    await ctx.ledger.closeIntent(intent);
  }
}

async function abortBoth(ctx: ShadowContext, request: S3Request, pair: UploadPair): Promise<S3Response> {
  await abortHalf(ctx, 'shadow', ofUpload(request, pair.shadow));
  const answer = await ctx.target(ofUpload(request, pair.target));
  if (isSuccess(answer)) await ctx.uploadIds.forget(pair);
  return answer;
}

/**
 * Aborts one store's upload, unless it is gone.
 *
 * @throws S3Error ServiceUnavailable when the shadow does not say that it is; BackendUnavailable
 */
export async function abortHalf(ctx: ShadowContext, side: Side, request: S3Request): Promise<void> {
  const answer = await sendTo(ctx, side, request);
  if (isSuccess(answer)) return discard(answer.body);
  const code = readError(await readBody(answer))?.code;
  if (code !== 'NoSuchUpload') throw shadowFailed(`it answered ${answer.status} to the end of an upload`);
}

/** Aborts an upload that nobody needs any more, when there is time; a store that fails keeps it. */
export function abandonHalf(ctx: ShadowContext, side: Side, request: S3Request): void {
  ctx.background.start('abort an abandoned upload', () => abortHalf(ctx, side, request));
}

/** A request that does not end with the client's. */
export const abortRequest = (ctx: ShadowContext, key: string, uploadId: string): S3Request =>
  ask('AbortMultipartUpload', {
    method: 'DELETE',
    key,
    query: [['uploadId', uploadId]],
    signal: ctx.background.signal,
  });

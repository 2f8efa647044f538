import { collect } from '../../s3/body.js';
import { S3Error } from '../../s3/errors.js';
import type { S3Request, S3Response } from '../../s3/message.js';
import { readComplete } from '../../s3/xml/multipart.js';
import type { UploadPair } from '../../state/upload-ids.js';
import { isSuccess } from '../ask.js';
import type { ShadowContext } from '../context.js';
import { compositeETag } from '../copying/part-layout.js';
import { excludesWriters, writesBoth } from '../rungs.js';
import { writeInTarget } from '../write.js';
import { abandonHalf, abortHalf, abortRequest } from './abort.js';
import { completeBoth } from './complete-both.js';
import { completeHalf } from './complete-half.js';
import { ofUpload, pairOf } from './pair.js';
import { bareETag } from './store-upload.js';

/** More than 10,000 parts take, each with its ETag and its checksums. */
const MAX_DOCUMENT = 8 * 1024 * 1024;

/** CompleteMultipartUpload: of both uploads with write-through, of the target's alone without it. */
export async function completeUpload(ctx: ShadowContext, received: S3Request): Promise<S3Response> {
  const body = await collect(received.body, MAX_DOCUMENT, () => new S3Error('MalformedXML'));
  const request = { ...received, body };
  const parts = readComplete(body);
  const etag = bareETag(compositeETag(parts.map((part) => part.etag)));
  const pair = pairOf(ctx.uploadIds, request);
  if (!pair) return completeInTarget(ctx, request, etag);
  const answer = await (writesBoth(ctx)
    ? completeBoth(ctx, { request, pair, parts, etag })
    : completeTargetHalf(ctx, { request, pair, etag }));
  if (isSuccess(answer)) ctx.background.start('forget an upload', () => ctx.uploadIds.forget(pair));
  return answer;
}

interface TargetHalf {
  readonly request: S3Request;
  readonly pair: UploadPair;
  readonly etag: string;
}

/**
 * The shadow's half is aborted: first and for certain where another gateway may still write through, or it could be completed later, over what
 * was written since; else when there is time.
 */
async function completeTargetHalf(
  ctx: ShadowContext,
  { request, pair, etag }: TargetHalf,
): Promise<S3Response> {
  const sent = ofUpload(request, pair.target);
  const abort = abortRequest(ctx, request.key, pair.shadow);
  if (excludesWriters(ctx)) return completeInTarget(ctx, sent, etag, () => abortHalf(ctx, 'shadow', abort));
  const answer = await completeInTarget(ctx, sent, etag);
  if (isSuccess(answer)) abandonHalf(ctx, 'shadow', abort);
  return answer;
}

const completeInTarget = (
  ctx: ShadowContext,
  request: S3Request,
  etag: string,
  before?: () => Promise<void>,
): Promise<S3Response> =>
  writeInTarget(ctx, {
    request,
    send: (sent) => completeHalf(ctx, { side: 'target', request: sent, etag }),
    ...(before && { before }),
  });

import type { S3Request, S3Response } from '../../s3/message.js';
import { readInitiateResult } from '../../s3/xml/multipart.js';
import { isSuccess, readBody } from '../ask.js';
import type { ShadowContext } from '../context.js';
import { refusal, type Side, sendTo } from '../half-write.js';
import { writesBoth } from '../rungs.js';
import { hasDigests } from '../source-object.js';
import { abandonHalf, abortRequest } from './abort.js';
import { withIds } from './pair.js';

/** CreateMultipartUpload. With write-through there is an upload in each store, and one id for both. */
export async function beginUpload(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  if (!writesBoth(ctx)) return ctx.target(request);
  const shadow = await begin(ctx, 'shadow', request);
  if (shadow.uploadId === undefined) return refusal('shadow', shadow.answer);
  try {
    const target = await begin(ctx, 'target', request);
    if (target.uploadId !== undefined) {
      const digests = hasDigests(shadow.answer.headers) && hasDigests(target.answer.headers);
      const pair = { target: target.uploadId, shadow: shadow.uploadId, digests };
      const id = ctx.uploadIds.seal(pair, request.key);
      await ctx.uploadIds.remember(pair, id);
      return await withIds(target.answer, () => id);
    }
    abandonHalf(ctx, 'shadow', abortRequest(ctx, request.key, shadow.uploadId));
    return target.answer;
  } catch (error) {
    abandonHalf(ctx, 'shadow', abortRequest(ctx, request.key, shadow.uploadId));
    throw error;
  }
}

interface Begun {
  readonly answer: S3Response;
  readonly uploadId?: string;
}

async function begin(ctx: ShadowContext, side: Side, request: S3Request): Promise<Begun> {
  const received = await sendTo(ctx, side, request);
  if (!isSuccess(received)) return { answer: received };
  const body = await readBody(received);
  return { answer: { ...received, body }, uploadId: readInitiateResult(body).uploadId };
}

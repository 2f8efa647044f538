import type { S3Request, S3Response } from '../../s3/message.js';
import { readInitiateResult } from '../../s3/xml/multipart.js';
import { isSuccess, readBody } from '../ask.js';
import type { ShadowContext } from '../context.js';
import { hasDigests } from '../copying/source-object.js';
import { refusal, type Side, sendTo } from '../half-write.js';
import { writesBoth } from '../rungs.js';
import { abandonHalf, abortRequest } from './abort.js';
import { withIds } from './pair.js';

/** CreateMultipartUpload. With write-through there is an upload in each store, and one id for both; or there is none in either. */
export async function beginUpload(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  if (!writesBoth(ctx)) return ctx.target(request);
  const shadow = await begin(ctx, 'shadow', request);
  if (shadow.uploadId === undefined) return refusal('shadow', shadow.answer);
  let target: Begun | Refused | undefined;
  try {
    target = await begin(ctx, 'target', request);
    if (target.uploadId !== undefined) return await asOne(ctx, request.key, { shadow, target });
  } catch (error) {
    for (const half of [shadow, target]) abandon(ctx, request.key, half);
    throw error;
  }
  abandon(ctx, request.key, shadow);
  return target.answer;
}

interface Refused {
  readonly answer: S3Response;
  readonly uploadId?: never;
}

interface Begun {
  readonly side: Side;
  readonly answer: S3Response;
  readonly uploadId: string;
}

async function begin(ctx: ShadowContext, side: Side, request: S3Request): Promise<Begun | Refused> {
  const received = await sendTo(ctx, side, request);
  if (!isSuccess(received)) return { answer: received };
  const body = await readBody(received);
  return { side, answer: { ...received, body }, uploadId: readInitiateResult(body).uploadId };
}

/** The target's answer, under the id that stands for both. */
async function asOne(
  ctx: ShadowContext,
  key: string,
  { shadow, target }: { readonly shadow: Begun; readonly target: Begun },
): Promise<S3Response> {
  const digests = hasDigests(shadow.answer.headers) && hasDigests(target.answer.headers);
  const pair = { target: target.uploadId, shadow: shadow.uploadId, digests };
  const id = ctx.uploadIds.seal(pair, key);
  await ctx.uploadIds.remember(pair, id);
  return withIds(target.answer, () => id);
}

function abandon(ctx: ShadowContext, key: string, half: Begun | Refused | undefined): void {
  if (half?.uploadId !== undefined) abandonHalf(ctx, half.side, abortRequest(ctx, key, half.uploadId));
}

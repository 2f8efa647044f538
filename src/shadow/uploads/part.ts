import { discard } from '../../s3/body.js';
import { copyAnswer, withoutCopySource } from '../../s3/copied-object.js';
import type { S3Request, S3Response } from '../../s3/message.js';
import type { UploadPair } from '../../state/upload-ids.js';
import { isSuccess } from '../ask.js';
import type { ShadowContext } from '../context.js';
import { openCopySource } from '../copy-source.js';
import { fillAll, HalfWrite, refusal } from '../half-write.js';
import { writesBoth } from '../rungs.js';
import { ofUpload, pairOf } from './pair.js';

/** UploadPart. A part of two uploads goes to both at once. */
export async function uploadPart(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  const pair = bothHalves(ctx, request);
  return pair ? partToBoth(ctx, request, pair) : ctx.target(request);
}

/** UploadPartCopy. For two uploads the source is read once, and what was read is the part of both. */
export async function uploadPartCopy(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  const pair = bothHalves(ctx, request);
  if (!pair) return ctx.target(request);
  const source = await openCopySource(ctx, request);
  if ('refused' in source) return source.refused;
  const part = {
    ...request,
    operation: 'UploadPart' as const,
    headers: { ...withoutCopySource(request.headers), 'content-length': String(source.object.size) },
    ...(source.body && { body: source.body }),
  };
  const answer = await partToBoth(ctx, part, pair);
  if (!isSuccess(answer)) return answer;
  discard(answer.body);
  const sourceHeaders = source.object.headers;
  return copyAnswer('CopyPartResult', { answer, sourceHeaders, now: ctx.clock.now() });
}

const bothHalves = (ctx: ShadowContext, request: S3Request): UploadPair | undefined =>
  writesBoth(ctx) ? pairOf(ctx.uploadIds, request) : undefined;

/** Both stores must take it. A part that one of them has alone is not an object: it is sent anew, or found when the upload is completed. */
async function partToBoth(ctx: ShadowContext, request: S3Request, pair: UploadPair): Promise<S3Response> {
  const shadow = new HalfWrite(ctx, ofUpload(request, pair.shadow), 'shadow');
  const target = new HalfWrite(ctx, ofUpload(request, pair.target), 'target');
  try {
    return (await fillAll([shadow, target], request)) ?? (await release(shadow, target));
  } catch (error) {
    for (const half of [shadow, target]) half.abort(error);
    throw error;
  }
}

/** The target's answer, once both have answered. */
async function release(shadow: HalfWrite, target: HalfWrite): Promise<S3Response> {
  for (const half of [shadow, target]) half.branch.release();
  const [inShadow, inTarget] = await Promise.all([shadow.answer(), target.answer()]);
  if (!isSuccess(inShadow)) {
    discard(inTarget.body);
    return refusal('shadow', inShadow);
  }
  discard(inShadow.body);
  return inTarget;
}

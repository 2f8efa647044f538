import { discard } from '../../s3/body.js';
import type { S3Request, S3Response } from '../../s3/message.js';
import type { UploadPair } from '../../state/upload-ids.js';
import { isSuccess } from '../ask.js';
import type { ShadowContext } from '../context.js';
import { copyAnswer, openCopySource, withoutCopySource } from '../copy-source.js';
import { fillAll, HalfWrite, refusal, SHADOW_FIRST } from '../half-write.js';
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
  return isSuccess(answer) ? copyAnswer(ctx, 'CopyPartResult', { answer, source }) : answer;
}

const bothHalves = (ctx: ShadowContext, request: S3Request): UploadPair | undefined =>
  writesBoth(ctx) ? pairOf(ctx.uploadIds, request) : undefined;

/** Both stores must take it. A part that one of them has alone is not an object: it is sent anew, or found when the upload is completed. */
async function partToBoth(ctx: ShadowContext, request: S3Request, pair: UploadPair): Promise<S3Response> {
  const halves = SHADOW_FIRST.map((side) => new HalfWrite(ctx, ofUpload(request, pair[side]), side));
  try {
    const refused = await fillAll(halves, request);
    return refused ?? (await release(halves));
  } catch (error) {
    for (const half of halves) half.abort(error);
    throw error;
  }
}

/** The target's answer, once both have answered. */
async function release(halves: readonly HalfWrite[]): Promise<S3Response> {
  for (const half of halves) half.branch.release();
  const answers = await Promise.all(
    halves.map(async (half) => ({ side: half.side, answer: await half.answer() })),
  );
  const refused = answers.find(({ answer }) => !isSuccess(answer));
  const shown = refused ?? answers.find(({ side }) => side === 'target');
  if (!shown) throw new RangeError('a part needs a target');
  for (const { answer } of answers) if (answer !== shown.answer) discard(answer.body);
  return refused ? refusal(refused.side, refused.answer) : shown.answer;
}

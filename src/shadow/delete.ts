import { discard } from '../s3/body.js';
import type { S3Request, S3Response } from '../s3/message.js';
import { isSuccess } from './ask.js';
import type { ShadowContext } from './context.js';
import { deleteFromShadow, settle } from './recovery.js';
import { targetETag } from './view.js';

const NO_CONTENT: S3Response = { status: 204, headers: {} };

/**
 * DELETE of one key: tombstone, T, and after the answer S. The tombstone hides the shadow's object from the moment of the delete,
 * so a shadow that fails, or that is to be left alone, brings nothing back.
 */
export async function deleteObject(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  if (request.query.some(([name]) => name === 'versionId')) return ctx.target(request);
  return ctx.settings.writeThrough ? deleteUnderIntent(ctx, request) : deleteReadThrough(ctx, request);
}

async function deleteReadThrough(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  const answer = await deleteFromView(ctx, request);
  if (isSuccess(answer) && deletesBoth(ctx)) await afterAnswer(ctx, () => deleteFromShadow(ctx, request.key));
  return answer;
}

/** Goes on after the answer; a flood of deletes is held back instead of piling up. */
async function afterAnswer(ctx: ShadowContext, work: () => Promise<void>): Promise<void> {
  const { isFull } = ctx.background;
  const done = ctx.background.start('delete from the shadow', work);
  if (isFull) await done;
}

/** DELETE steps 1 to 3, write-through off. A delete that found nothing in T must not reach T: it could hit a later PUT. */
async function deleteFromView(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  const { key, signal } = request;
  if ((await targetETag(ctx, key, signal)) !== undefined) {
    await ctx.ledger.bury(key, owed(ctx));
    return deleteFromTarget(ctx, request);
  }
  const intent = await ctx.ledger.openIntent(key, 'shared');
  const found = (await targetETag(ctx, key, signal)) !== undefined;
  if (!(await ctx.ledger.buryAndClose(intent, owed(ctx)))) throw new Error('the intent of a delete was lost');
  return found ? deleteFromTarget(ctx, request) : NO_CONTENT;
}

/** DELETE with write-through on. */
async function deleteUnderIntent(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  const intent = await ctx.ledger.openIntent(request.key, 'exclusive', owed(ctx));
  const answer = await deleteFromTarget(ctx, request);
  await afterAnswer(ctx, async () => {
    if (!isSuccess(answer)) return settle(ctx, intent);
    if (deletesBoth(ctx)) await deleteFromShadow(ctx, request.key);
    await ctx.ledger.closeIntent(intent);
  });
  return answer;
}

async function deleteFromTarget(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  const answer = await ctx.target(request);
  if (answer.status !== 404) return answer;
  discard(answer.body);
  return NO_CONTENT;
}

const deletesBoth = (ctx: ShadowContext): boolean => ctx.settings.delete === 'both';

const owed = (ctx: ShadowContext): 'pending' | 'kept' => (deletesBoth(ctx) ? 'pending' : 'kept');

import { BackendUnavailable } from '../backends/backend.js';
import { discard } from '../s3/body.js';
import type { WriteIntent } from '../state/ledger.js';
import { ask, isSuccess } from './ask.js';
import type { ShadowContext } from './context.js';
import { excludesWriters } from './rungs.js';
import { beforeWriting, secure } from './under-intent.js';
import { isInTarget } from './view.js';

/**
 * Deletes the shadow's object of a key that clients deleted, and notes how it went. Where writers exclude each other only under the
 * key's intent. Never rejects for the shadow's failure.
 */
export async function deleteFromShadow(ctx: ShadowContext, key: string, intent?: WriteIntent): Promise<void> {
  const generation = (await ctx.ledger.owedDeletes([key])).get(key);
  if (generation !== undefined) await tellShadow(ctx, { key, generation }, intent);
}

async function tellShadow(
  ctx: ShadowContext,
  { key, generation }: { readonly key: string; readonly generation: string },
  intent?: WriteIntent,
): Promise<void> {
  if (intent) await secure(ctx, intent);
  const error = await failureOf(ctx, key);
  if (error)
    ctx.log.warn(
      { bucket: ctx.bucket, key, error },
      'the shadow did not delete an object; it is tried again',
    );
  await ctx.ledger.noteShadowDelete(key, { generation, error });
}

async function failureOf(ctx: ShadowContext, key: string): Promise<string | undefined> {
  try {
    const request = ask('DeleteObject', { method: 'DELETE', key, signal: ctx.background.signal });
    const answer = await ctx.shadow(request);
    discard(answer.body);
    return isSuccess(answer) || answer.status === 404 ? undefined : `status ${answer.status}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * A delete that the shadow is still owed. Where T has the key again, S's object stays, hidden by T's: in write-through it may be the same.
 */
export async function repairDelete(ctx: ShadowContext, key: string): Promise<void> {
  if (!excludesWriters(ctx)) return deleteUnlessWritten(ctx, key);
  const intent = await ctx.ledger.openIntent(key, 'exclusive');
  await beforeWriting(ctx, intent, () => deleteUnlessWritten(ctx, key, intent));
  await ctx.ledger.closeIntent(intent);
}

async function deleteUnlessWritten(ctx: ShadowContext, key: string, intent?: WriteIntent): Promise<void> {
  const generation = (await ctx.ledger.owedDeletes([key])).get(key);
  if (generation === undefined) return;
  if (await isInTarget(ctx, key, ctx.background.signal)) await ctx.ledger.forgoShadowDelete(key, generation);
  else await tellShadow(ctx, { key, generation }, intent);
}

/** One request tells whether it makes sense to send others. */
export async function shadowAnswers(ctx: ShadowContext): Promise<boolean> {
  try {
    const answer = await ctx.shadow(ask('HeadBucket', { method: 'HEAD', signal: ctx.background.signal }));
    discard(answer.body);
    return true;
  } catch (error) {
    if (error instanceof BackendUnavailable) return false;
    throw error;
  }
}

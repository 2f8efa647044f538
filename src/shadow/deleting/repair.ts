import { BackendUnavailable } from '../../backends/backend.js';
import { discard } from '../../s3/body.js';
import type { WriteIntent } from '../../state/write-intent.js';
import { messageOf } from '../../system/thrown.js';
import { ask, isSuccess, mayStillApply, wasNeverSent } from '../ask.js';
import type { ShadowContext } from '../context.js';
import { excludesWriters } from '../rungs.js';
import { beforeWriting, secure } from '../under-intent.js';
import { isInTarget } from '../view.js';

/**
 * Deletes the shadow's object of a key that clients deleted, and notes how it went. Where writers exclude each other only under the
 * key's intent. Never rejects for the shadow's failure.
 *
 * @returns false when the delete may still take effect: then the intent has to stay until its lease is over
 */
export async function deleteFromShadow(
  ctx: ShadowContext,
  key: string,
  intent?: WriteIntent,
): Promise<boolean> {
  const generation = (await ctx.ledger.owedDeletes([key])).get(key);
  return generation === undefined || tellShadow(ctx, { key, generation }, intent);
}

async function tellShadow(
  ctx: ShadowContext,
  { key, generation }: { readonly key: string; readonly generation: string },
  intent?: WriteIntent,
): Promise<boolean> {
  if (intent) await secure(ctx, intent);
  const { error, isOver } = await tryToDelete(ctx, key);
  if (error)
    ctx.log.warn(
      { bucket: ctx.bucket, key, error },
      'the shadow did not delete an object; it is tried again',
    );
  await ctx.ledger.noteShadowDelete(key, { generation, error });
  return isOver;
}

interface Attempt {
  readonly error?: string;
  readonly isOver: boolean;
}

async function tryToDelete(ctx: ShadowContext, key: string): Promise<Attempt> {
  try {
    const request = ask('DeleteObject', { method: 'DELETE', key, signal: ctx.background.signal });
    const answer = await ctx.shadow(request);
    discard(answer.body);
    if (isSuccess(answer) || answer.status === 404) return { isOver: true };
    return { error: `status ${answer.status}`, isOver: !mayStillApply(answer) };
  } catch (error) {
    return { error: messageOf(error), isOver: wasNeverSent(error) };
  }
}

/**
 * A delete that the shadow is still owed. Where T has the key again, S's object stays, hidden by T's: in write-through it may be the same.
 */
export async function repairDelete(ctx: ShadowContext, key: string): Promise<void> {
  if (!excludesWriters(ctx)) {
    await deleteUnlessWritten(ctx, key);
    return;
  }
  const intent = await ctx.ledger.openIntent(key, 'exclusive');
  const isOver = await beforeWriting(ctx, intent, () => deleteUnlessWritten(ctx, key, intent));
  if (isOver) await ctx.ledger.closeIntent(intent);
}

/** @returns false when a delete may still take effect */
async function deleteUnlessWritten(ctx: ShadowContext, key: string, intent?: WriteIntent): Promise<boolean> {
  const generation = (await ctx.ledger.owedDeletes([key])).get(key);
  if (generation === undefined) return true;
  if (!(await isInTarget(ctx, key, ctx.background.signal)))
    return tellShadow(ctx, { key, generation }, intent);
  await ctx.ledger.forgoShadowDelete(key, generation);
  return true;
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

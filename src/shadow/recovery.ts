import { discard } from '../s3/body.js';
import { KvUnavailable } from '../state/kv.js';
import type { WriteIntent } from '../state/ledger.js';
import { ask, isSuccess } from './ask.js';
import type { ShadowContext } from './context.js';
import { mirror } from './mirror.js';
import { excludesWriters, seesShadow } from './rungs.js';
import { beforeWriting } from './under-intent.js';
import { finishUpload } from './uploads/finish.js';
import { isInTarget } from './view.js';

const INTERVAL_MS = 5_000;

/**
 * RECOVERY of a write that failed half-way, under its exclusive intent, without changing the view: an upload that S has completed is completed in
 * T; else, T has the key -> T's object is copied to S; T has none and D -> S's is deleted; else nothing. Then the intent is closed. What fails
 * is tried again when the lease ends.
 */
export async function settle(ctx: ShadowContext, intent: WriteIntent): Promise<void> {
  if (excludesWriters(ctx) && !(await finishUpload(ctx, intent))) {
    if (await isInTarget(ctx, intent.key, ctx.background.signal)) await mirror(ctx, intent);
    else if (await ctx.ledger.isDeleted(intent.key)) await deleteFromShadow(ctx, intent.key);
  }
  await ctx.ledger.closeIntent(intent);
}

/** Deletes the shadow's object of a key that clients deleted, and notes how it went. Never rejects for the shadow's failure. */
export async function deleteFromShadow(ctx: ShadowContext, key: string): Promise<void> {
  let failure: string | undefined;
  try {
    const request = ask('DeleteObject', { method: 'DELETE', key, signal: ctx.background.signal });
    const answer = await ctx.shadow(request);
    discard(answer.body);
    if (!isSuccess(answer) && answer.status !== 404) failure = `status ${answer.status}`;
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  if (failure)
    ctx.log.warn(
      { bucket: ctx.bucket, key, failure },
      'the shadow did not delete an object; it is tried again',
    );
  await ctx.ledger.noteShadowDelete(key, failure);
}

/** Looks after what writers and deletes left behind, until the signal aborts. Any number of gateways may do so at once. */
export async function recoverForever(ctx: ShadowContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await recoverAll(ctx, signal);
    } catch (error) {
      ctx.log.warn({ err: error, bucket: ctx.bucket }, 'recovery is interrupted and begins anew');
    }
    await ctx.clock.sleep(INTERVAL_MS, signal).catch(unlessAborted(signal));
  }
}

/** A key that fails does not keep the others waiting. */
async function recoverAll(ctx: ShadowContext, signal: AbortSignal): Promise<void> {
  for await (const key of ctx.ledger.openKeys()) {
    if (signal.aborted) return;
    try {
      await recoverKey(ctx, key);
    } catch (error) {
      if (error instanceof KvUnavailable) throw error;
      ctx.log.warn({ err: error, bucket: ctx.bucket, key }, 'a key is not recovered yet; it is tried again');
    }
  }
}

async function recoverKey(ctx: ShadowContext, key: string): Promise<void> {
  const dead = await ctx.ledger.adoptDeadIntent(key);
  if (dead) return settle(ctx, dead);
  const { tombstone, intents } = await ctx.ledger.tidy(key);
  const isOwed = tombstone?.shadowDelete === 'pending' && intents.length === 0;
  if (isOwed && seesShadow(ctx)) await retryDelete(ctx, key);
}

/** T has the key: the tombstone stays and S's object is hidden by T's. In write-through S may hold T's object, so both are kept still. */
async function retryDelete(ctx: ShadowContext, key: string): Promise<void> {
  const inTarget = () => isInTarget(ctx, key, ctx.background.signal);
  if (!excludesWriters(ctx)) {
    if (!(await inTarget())) await deleteFromShadow(ctx, key);
    return;
  }
  const intent = await ctx.ledger.openIntent(key, 'exclusive');
  if (!(await beforeWriting(ctx, intent, inTarget))) await deleteFromShadow(ctx, key);
  await ctx.ledger.closeIntent(intent);
}

const unlessAborted = (signal: AbortSignal) => (error: unknown) => {
  if (!signal.aborted) throw error;
};

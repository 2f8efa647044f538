import type { S3Request, S3Response } from '../s3/message.js';
import type { WriteIntent } from '../state/write-intent.js';
import { isSuccess, mayStillApply, wasNeverSent } from './ask.js';
import type { ShadowContext } from './context.js';
import { earlyRefusal, fillAll, HalfWrite, refusal, type Side, unsettled } from './half-write.js';
import type { Judge } from './judging.js';
import { settle } from './recovery.js';
import { excludesWriters } from './rungs.js';
import { beforeWriting, judgeUnder, secure, sentBy, unattended } from './under-intent.js';
import { isConditional } from './view.js';

/**
 * PUT under an intent: the body streams to all `sides` at once, without its end. Then, for the milliseconds that follow, the intent is
 * held, and the ends are released in the order of `sides`, each once the one before has answered. A failure before the first
 * release leaves nothing anywhere; a later one leaves the intent to recovery. Where writers need not exclude each other they share it.
 */
export async function withheldPut(
  ctx: ShadowContext,
  request: S3Request,
  { sides, judge }: { readonly sides: readonly Side[]; readonly judge: Judge },
): Promise<S3Response> {
  const sent = unattended(ctx, sentBy(ctx, judge, request));
  const halves = sides.map((side) => new HalfWrite(ctx, sent, side));
  try {
    const refused = await fillAll(halves, request);
    if (refused) return refused;
    const mode = excludesWriters(ctx) || isConditional(request) ? 'exclusive' : 'shared';
    const intent = await ctx.ledger.openIntent(request.key, mode);
    await judgeUnder(ctx, request, intent);
    const refusedLate = await beforeWriting(ctx, intent, () => earlyRefusal(halves));
    if (!refusedLate) return await releaseInOrder(ctx, halves, intent);
    await ctx.ledger.closeIntent(intent);
    return refusedLate;
  } catch (error) {
    for (const half of halves) half.abort(error);
    throw error;
  }
}

async function releaseInOrder(
  ctx: ShadowContext,
  halves: readonly HalfWrite[],
  intent: WriteIntent,
): Promise<S3Response> {
  for (const [index, half] of halves.entries()) {
    await secure(ctx, intent);
    const answer = await release(ctx, half, { intent, isFirst: index === 0 });
    if (!isSuccess(answer)) {
      for (const later of halves.slice(index + 1)) later.abort(new Error(`${half.side} refused the write`));
      const nothingWritten = index === 0 && answer.status < 500;
      await leaveToRecovery(ctx, intent, { answer, nothingWritten });
      return index === 0 ? refusal(half.side, answer) : unsettled(half.side, answer);
    }
    if (index < halves.length - 1) continue;
    await ctx.ledger.closeIntent(intent);
    return answer;
  }
  throw new RangeError('a write needs a side');
}

/** Without its end a request comes to nothing: then there is nothing to wait for. */
async function release(
  ctx: ShadowContext,
  half: HalfWrite,
  { intent, isFirst }: { readonly intent: WriteIntent; readonly isFirst: boolean },
): Promise<S3Response> {
  const isOver = half.hasGivenUp;
  half.branch.release();
  try {
    return await half.answer();
  } catch (error) {
    if (isOver || wasNeverSent(error)) await giveUp(ctx, intent, isFirst);
    throw error;
  }
}

/**
 * A refusal by the first store says that nothing was written anywhere; all else may have left the stores apart, which is settled at once, but for what
 * may still apply: then the lease has to run out first.
 */
export async function leaveToRecovery(
  ctx: ShadowContext,
  intent: WriteIntent,
  { answer, nothingWritten }: { readonly answer: S3Response; readonly nothingWritten: boolean },
): Promise<void> {
  if (!mayStillApply(answer)) await giveUp(ctx, intent, nothingWritten);
}

async function giveUp(ctx: ShadowContext, intent: WriteIntent, nothingWritten: boolean): Promise<void> {
  if (nothingWritten) await ctx.ledger.closeIntent(intent);
  else ctx.background.start('settle a failed write', () => settle(ctx, intent));
}

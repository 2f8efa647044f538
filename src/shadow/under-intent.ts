import { S3Error } from '../s3/errors.js';
import type { S3Request, S3Response } from '../s3/message.js';
import type { WriteIntent } from '../state/write-intent.js';
import { wasNeverSent } from './ask.js';
import type { ShadowContext } from './context.js';
import type { Judge } from './judging.js';
import { checkConditions, isConditional, type Viewed, viewedObject } from './view.js';

/** What is to be found out under an intent before anything is written: when it fails, the intent has nothing to guard and is closed. */
export async function beforeWriting<T>(
  ctx: ShadowContext,
  intent: WriteIntent,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await ctx.ledger.closeIntent(intent);
    throw error;
  }
}

/**
 * To be called at once before each request under an intent that changes anything: the lease has to outlast it, and is prolonged where it does not.
 *
 * @throws S3Error ServiceUnavailable when the intent is lost; nothing may be sent then, and recovery settles the key
 */
export async function secure(ctx: ShadowContext, intent: WriteIntent): Promise<void> {
  if (!(await ctx.ledger.secureIntent(intent))) throw heldUp();
}

/** The first request under an intent that changes anything. If it was never sent, the intent has nothing to guard and is closed. */
export async function sendFirst(
  ctx: ShadowContext,
  intent: WriteIntent,
  send: () => Promise<S3Response>,
): Promise<S3Response> {
  await secure(ctx, intent);
  try {
    return await send();
  } catch (error) {
    if (wasNeverSent(error)) await ctx.ledger.closeIntent(intent);
    throw error;
  }
}

/** What a client is told whose write lost its intent on the way: others have gone on. */
export const heldUp = (): S3Error =>
  new S3Error('ServiceUnavailable', 'The write was held up for too long to go on.', {
    headers: { 'retry-after': '1' },
  });

/**
 * Does work that may outlast the lease of its intent, which is prolonged meanwhile. Where that fails the signal of the work aborts, long
 * before the lease is over: nothing may be sent without the intent.
 */
export async function holding<T>(
  ctx: ShadowContext,
  intent: WriteIntent,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const lost = new AbortController();
  void renewUntil(ctx, intent, done.signal).catch((reason: unknown) => lost.abort(reason));
  try {
    return await work(AbortSignal.any([ctx.background.signal, lost.signal]));
  } finally {
    done.abort();
  }
}

/** Rejects when the intent could not be renewed, or is no longer needed. */
async function renewUntil(ctx: ShadowContext, intent: WriteIntent, done: AbortSignal): Promise<void> {
  for (;;) {
    await ctx.clock.sleep(ctx.ledger.renewalMs, done);
    if (!(await ctx.ledger.renewIntent(intent))) throw new Error(`the intent on ${intent.key} was lost`);
  }
}

/**
 * COND.: judges the request's conditions against the view. Where all writes take an intent nobody else changes it meanwhile, so that neither
 * store has to judge again, by its own objects.
 *
 * @returns the object that was judged, if there is one
 * @throws S3Error PreconditionFailed, NoSuchKey, ServiceUnavailable; the intent is closed then
 */
export async function judgeUnder(
  ctx: ShadowContext,
  request: S3Request,
  intent: WriteIntent,
): Promise<Viewed | undefined> {
  if (!isConditional(request)) return undefined;
  return beforeWriting(ctx, intent, async () => {
    const viewed = await viewedObject(ctx, request.key, request.signal);
    checkConditions(request, viewed?.etag);
    return viewed;
  });
}

/**
 * The request as T gets it: with its conditions where it has the last word on them. So it has beside gateways that know of no shadow: their writes take no
 * intent, which a judgement under one could come in between.
 */
export const sentBy = ({ rung }: Pick<ShadowContext, 'rung'>, judge: Judge, request: S3Request): S3Request =>
  judge === 'gateway' && rung !== 'target-only' ? judged(request) : request;

/** The request as a store gets it once the gateway has judged its conditions. */
export function judged(request: S3Request): S3Request {
  const { 'if-match': _, 'if-none-match': __, ...headers } = request.headers;
  return { ...request, headers };
}

/**
 * A write that clients may see in one store and not yet in the other goes on to its end although its own client leaves: or its key
 * would be barred until the intent's lease is over.
 */
export const unattended = (ctx: ShadowContext, request: S3Request): S3Request => ({
  ...request,
  signal: ctx.background.signal,
});

import { discard, toReadable } from '../s3/body.js';
import type { WriteIntent } from '../state/write-intent.js';
import { errorOf } from '../system/thrown.js';
import { ask, isSuccess } from './ask.js';
import { shadowFailed } from './ask-shadow.js';
import type { ShadowContext } from './context.js';
import { gatherPlain } from './copying/belongings.js';
import { sourceObject } from './copying/source-object.js';
import { fill, openSink } from './copying/transfer.js';
import { holding, secure } from './under-intent.js';

/**
 * Copies the target's object of the intent's key to the shadow, over whatever the shadow has. Only under the key's exclusive intent, which is what
 * keeps the target's object in place meanwhile.
 *
 * @throws S3Error ServiceUnavailable when the shadow does not take it
 */
export const mirror = (ctx: ShadowContext, intent: WriteIntent): Promise<void> =>
  holding(ctx, intent, (signal) => copyBack(ctx, intent, signal));

async function copyBack(ctx: ShadowContext, intent: WriteIntent, signal: AbortSignal): Promise<void> {
  const { key } = intent;
  const answer = await ctx.target(ask('GetObject', { key, signal }));
  if (!isSuccess(answer)) {
    discard(answer.body);
    throw shadowFailed(`the target answered ${answer.status} when its object was to be copied back`);
  }
  const towardsShadow: ShadowContext = {
    ...ctx,
    target: ctx.shadow,
    shadow: ctx.target,
    encrypted: { target: ctx.encrypted.shadow, shadow: ctx.encrypted.target },
    conditionalWrites: { put: false, complete: false, match: false },
  };
  const object = sourceObject(key, answer);
  const belongings = () => gatherPlain(towardsShadow, object, signal);
  const sink = openSink(towardsShadow, object, { signal, belongings, keepsETag: false });
  try {
    await fill(sink, toReadable(answer.body), object);
    await secure(ctx, intent);
    await sink.release();
  } catch (error) {
    discard(answer.body);
    const reason = errorOf(error);
    await sink.abort(reason);
    throw shadowFailed(reason.message, error);
  }
}

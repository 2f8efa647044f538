import { discard } from '../../s3/body.js';
import { S3Error } from '../../s3/errors.js';
import type { S3Request, S3Response } from '../../s3/message.js';
import { queryValue } from '../../s3/params.js';
import { NULL_VERSION } from '../../s3/xml/versions.js';
import type { WriteIntent } from '../../state/write-intent.js';
import { isSuccess, mayStillApply } from '../ask.js';
import { shadowFailed, swapping } from '../ask-shadow.js';
import type { ShadowContext } from '../context.js';
import { judgeOf } from '../judging.js';
import { withoutHoles } from '../listing/listing-answer.js';
import { readVersionsPage, VersionsRefused } from '../listing/versions-page.js';
import { settle } from '../recovery.js';
import { excludesWriters, holdsReaders, seesShadow, writesBoth } from '../rungs.js';
import { beforeWriting, heldUp, judgeUnder, sendFirst, sentBy, unattended } from '../under-intent.js';
import { isConditional, lookInTarget, type Viewed } from '../view.js';
import { deleteFromShadow } from './repair.js';

const PRECONDITION_FAILED = 412;

const NO_CONTENT: S3Response = { status: 204, headers: {} };

/**
 * DELETE of one key: tombstone, T, and after the answer S. The tombstone hides the shadow's object from the moment of the delete,
 * so a shadow that fails, or that is to be left alone, brings nothing back.
 */
export async function deleteObject(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  if ((queryValue(request, 'versionId') ?? NULL_VERSION) !== NULL_VERSION) return deleteVersion(ctx, request);
  return excludesWriters(ctx) ? deleteUnderIntent(ctx, request) : deleteReadThrough(ctx, request);
}

/**
 * Only the target knows of other versions. With the last one of a key goes what hides the shadow's object, hence the tombstone; where the target has
 * nothing to lose, the shadow's object is what clients see.
 */
async function deleteVersion(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  if (holdsReaders(ctx)) throw swapping();
  const { state } = await lookInTarget(ctx, request.key, request.signal);
  if (state !== 'absent') await buryFound(ctx, request.key);
  return ctx.target(request);
}

async function deleteReadThrough(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  const answer = await deleteFromView(ctx, request);
  if (isSuccess(answer) && deletesBoth(ctx) && seesShadow(ctx))
    await afterAnswer(ctx, () => deleteFromShadow(ctx, request.key));
  return answer;
}

/** Goes on after the answer; a flood of deletes is held back instead of piling up. */
export async function afterAnswer(ctx: ShadowContext, work: () => Promise<unknown>): Promise<void> {
  const { isFull } = ctx.background;
  const done = ctx.background.start('delete from the shadow', work);
  if (isFull) await done;
}

/** DELETE steps 1 to 3, write-through off. A delete that found nothing in T must not reach T: it could hit a later PUT. */
async function deleteFromView(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  if (isConditional(request)) return deleteJudged(ctx, request);
  if (await isThere(ctx, request)) return deleteFound(ctx, request);
  const intent = await ctx.ledger.openIntent(request.key, 'shared');
  if (await beforeWriting(ctx, intent, () => isThere(ctx, request))) {
    await ctx.ledger.closeIntent(intent);
    return deleteFound(ctx, request);
  }
  if (!(await ctx.ledger.buryAndClose(intent, owed(ctx)))) throw heldUp();
  return NO_CONTENT;
}

/** The tombstone of a delete that T is told at once: one that was held up for too long is not sent any more. */
async function buryFound(ctx: ShadowContext, key: string): Promise<void> {
  const term = await ctx.ledger.bury(key, owed(ctx));
  if (!ctx.ledger.outlastsRequest(term)) throw heldUp();
}

/** Where T does not judge conditions, writes are judged under an exclusive intent, which a delete has to stay out of. */
async function deleteFound(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  if (ctx.conditionalWrites.put) {
    await buryFound(ctx, request.key);
    return deleteFromTarget(ctx, request);
  }
  const intent = await ctx.ledger.openIntent(request.key, 'shared', { deletes: owed(ctx) });
  const answer = await deleteFromTarget(ctx, request, intent);
  if (!mayStillApply(answer)) await ctx.ledger.closeIntent(intent);
  return answer;
}

/** COND.: of two deletes that ask for the same object only one finds it. T judges again where PUTs take no intent. */
async function deleteJudged(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  const sent = sentBy(ctx, await judgeOf(ctx, request), request);
  const { intent, sends } = await openDelete(ctx, request);
  const answer = sends ? await deleteFromTarget(ctx, sent, intent) : NO_CONTENT;
  if (!mayStillApply(answer)) await ctx.ledger.closeIntent(intent);
  return answer;
}

/** A delete of the version `null` may be one of a delete marker, or of what lies below it. */
async function isThere(ctx: ShadowContext, request: S3Request): Promise<boolean> {
  const { state } = await lookInTarget(ctx, request.key, request.signal);
  if (queryValue(request, 'versionId') !== NULL_VERSION) return state === 'present';
  return state !== 'absent' || hasVersion(ctx, request);
}

const NOT_IMPLEMENTED = 501;

/**
 * Whether T lists any version of a key that it does not tell of otherwise, as Ceph RGW 16.2 does of one with a delete marker.
 *
 * @throws S3Error ServiceUnavailable when the target does not tell
 */
async function hasVersion(ctx: ShadowContext, { key, signal }: S3Request): Promise<boolean> {
  try {
    const wanted = { prefix: key, delimiter: '', maxKeys: 1, signal };
    const { entries } = await withoutHoles(readVersionsPage(ctx.target, wanted));
    return entries.some(({ name }) => name === key);
  } catch (error) {
    if (!(error instanceof VersionsRefused)) throw error;
    const { status, body } = error.answer;
    discard(body);
    if (status < 500 || status === NOT_IMPLEMENTED) return false;
    throw new S3Error('ServiceUnavailable', `The target answered ${status} to a listing of versions.`);
  }
}

/** Whether T is to delete: what was judged, if T had it, though it may be gone by now. Then T says so, and nothing was deleted. */
const isTold = async (ctx: ShadowContext, request: S3Request, viewed?: Viewed): Promise<boolean> =>
  viewed?.holder === 'target' || isThere(ctx, request);

/** DELETE where writers exclude each other. */
async function deleteUnderIntent(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  const sent = sentBy(ctx, await judgeOf(ctx, request), request);
  const { intent, sends } = await openDelete(ctx, request);
  const answer = sends ? await deleteFromTarget(ctx, unattended(ctx, sent), intent) : NO_CONTENT;
  if (isSuccess(answer) && holdsReaders(ctx)) await deleteBeforeAnswer(ctx, intent);
  else await afterAnswer(ctx, () => finishDelete(ctx, intent, answer));
  return answer;
}

async function finishDelete(ctx: ShadowContext, intent: WriteIntent, answer: S3Response): Promise<void> {
  if (mayStillApply(answer)) return;
  if (!isSuccess(answer) && answer.status !== PRECONDITION_FAILED) return settle(ctx, intent);
  const isOver = !isSuccess(answer) || !deletesBoth(ctx) || (await deleteFromShadow(ctx, intent.key, intent));
  if (isOver) await ctx.ledger.closeIntent(intent);
}

/**
 * Where the shadow may be the target already for another gateway, a delete is none before both have made it.
 *
 * @throws S3Error ServiceUnavailable when the shadow did not; the intent is left to recovery
 */
async function deleteBeforeAnswer(ctx: ShadowContext, intent: WriteIntent): Promise<void> {
  const isOver = await deleteFromShadow(ctx, intent.key, intent);
  if (isOver && !(await ctx.ledger.owesDelete(intent.key))) return ctx.ledger.closeIntent(intent);
  if (isOver) ctx.background.start('settle a failed delete', () => settle(ctx, intent));
  throw shadowFailed('it did not delete the object');
}

/** What was found out under the intent counts for as long as it is held. */
async function bury(ctx: ShadowContext, intent: WriteIntent): Promise<void> {
  if (!(await beforeWriting(ctx, intent, () => ctx.ledger.buryUnder(intent, owed(ctx))))) throw heldUp();
}

interface OpenDelete {
  readonly intent: WriteIntent;
  /** Whether the target is to be told. */
  readonly sends: boolean;
}

/**
 * The tombstone is set in the instant in which the intent is announced, but for what has to be found out in between: conditions, and on the rung
 * below write-through, where others may still write without an intent, whether there is anything that T would delete.
 */
async function openDelete(ctx: ShadowContext, request: S3Request): Promise<OpenDelete> {
  if (writesBoth(ctx) && !isConditional(request))
    return {
      intent: await ctx.ledger.openIntent(request.key, 'exclusive', { deletes: owed(ctx) }),
      sends: true,
    };
  const intent = await ctx.ledger.openIntent(request.key, 'exclusive');
  const viewed = await judgeUnder(ctx, request, intent);
  const sends = writesBoth(ctx) || (await beforeWriting(ctx, intent, () => isTold(ctx, request, viewed)));
  await bury(ctx, intent);
  return { intent, sends };
}

async function deleteFromTarget(
  ctx: ShadowContext,
  request: S3Request,
  intent?: WriteIntent,
): Promise<S3Response> {
  const send = () => ctx.target(request);
  const answer = await (intent ? sendFirst(ctx, intent, send) : send());
  // Of two deletes that ask for the same object only one finds it.
  if (answer.status !== 404 || isConditional(request)) return answer;
  discard(answer.body);
  return NO_CONTENT;
}

export const deletesBoth = (ctx: ShadowContext): boolean => ctx.settings.delete === 'both';

/** What a tombstone says that the shadow is owed. */
export const owed = (ctx: ShadowContext): 'pending' | 'kept' => (deletesBoth(ctx) ? 'pending' : 'kept');

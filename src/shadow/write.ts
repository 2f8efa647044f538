import { S3Error } from '../s3/errors.js';
import type { S3Request, S3Response, S3Service } from '../s3/message.js';
import { mayStillApply } from './ask.js';
import { shadowFailed } from './ask-shadow.js';
import type { ShadowContext } from './context.js';
import { migrate } from './copying/migrate.js';
import { SHADOW_FIRST, type Side } from './half-write.js';
import { type Judge, judgeOf } from './judging.js';
import { mirror } from './mirror.js';
import type { Outcome } from './outcome.js';
import { excludesWriters, writesBoth } from './rungs.js';
import { beforeWriting, holding, judgeUnder, secure, sentBy } from './under-intent.js';
import { checkConditions, isConditional, viewedObject } from './view.js';
import { leaveToRecovery, withheldPut } from './withheld-put.js';

const TARGET_ALONE: readonly Side[] = ['target'];

/** PUT of a whole object, by the rule that the bucket's mode and the target's abilities ask for. */
export async function put(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  const judge = await judgeOf(ctx, request);
  if (judge === 'target') await prepareForTarget(ctx, request);
  if (!excludesWriters(ctx) && ctx.conditionalWrites.put && isLeftToTarget(request, judge))
    return ctx.target(request);
  return withheldPut(ctx, request, { sides: writesBoth(ctx) ? SHADOW_FIRST : TARGET_ALONE, judge });
}

const isLeftToTarget = (request: S3Request, judge: Judge): boolean =>
  judge === 'target' || !isConditional(request);

/** A write that the target does by itself, from parts or data that it has: that can take longer than a lease. */
export interface TargetWrite {
  readonly request: S3Request;
  /** Sends it, as given: judged, perhaps, and not left to a client that may leave. */
  send(request: S3Request): Promise<Outcome>;
  /** What comes before it under an intent that excludes others. */
  before?(): Promise<void>;
}

/** CompleteMultipartUpload and CopyObject where the target alone makes the object. */
export async function writeInTarget(ctx: ShadowContext, write: TargetWrite): Promise<S3Response> {
  const { request, send } = write;
  const judge = await judgeOf(ctx, request);
  if (judge === 'target') await prepareForTarget(ctx, request);
  if (excludesWriters(ctx) || !isLeftToTarget(request, judge)) return writeUnderIntent(ctx, write, judge);
  return writeTarget(ctx, request, async (sent) => (await send(sent)).answer);
}

/**
 * A write with write-through off. A target that honours `If-None-Match` refuses a late copy itself, so the write needs no state; else a
 * shared intent voids the copies that are under way.
 */
async function writeTarget(ctx: ShadowContext, request: S3Request, send: S3Service): Promise<S3Response> {
  if (ctx.conditionalWrites.put) return send(request);
  const intent = await ctx.ledger.openIntent(request.key, 'shared');
  const answer = await holding(ctx, intent, (held) =>
    send({ ...request, signal: AbortSignal.any([request.signal, held]) }),
  );
  if (!mayStillApply(answer)) await ctx.ledger.closeIntent(intent);
  return answer;
}

async function writeUnderIntent(
  ctx: ShadowContext,
  { request, send, before = async () => undefined }: TargetWrite,
  judge: Judge,
): Promise<S3Response> {
  const intent = await ctx.ledger.openIntent(request.key, 'exclusive');
  await judgeUnder(ctx, request, intent);
  await beforeWriting(ctx, intent, before);
  await secure(ctx, intent);
  const { answer, outcome } = await holding(ctx, intent, (signal) =>
    send({ ...sentBy(ctx, judge, request), signal }),
  );
  if (outcome !== 'written') {
    await leaveToRecovery(ctx, intent, { answer, nothingWritten: outcome === 'refused' });
    return answer;
  }
  if (writesBoth(ctx)) await mirror(ctx, intent);
  await ctx.ledger.closeIntent(intent);
  return answer;
}

/**
 * COND. where T has the last word: `If-None-Match` fails when clients see an object, wherever it is; for `If-Match` the object is brought over
 * first.
 */
async function prepareForTarget(ctx: ShadowContext, request: S3Request): Promise<void> {
  if (request.headers['if-none-match'] !== undefined) {
    return checkConditions(request, (await viewedObject(ctx, request.key, request.signal))?.etag);
  }
  await migrateFirst(ctx, request.key);
}

/** @throws S3Error ServiceUnavailable when the shadow's object could not be brought over */
export async function migrateFirst(ctx: ShadowContext, key: string): Promise<void> {
  const outcome = await migrate(ctx, key);
  if (outcome.state === 'failed') throw shadowFailed(outcome.reason);
  if (outcome.state === 'superseded')
    throw new S3Error('SlowDown', undefined, { headers: { 'retry-after': '1' } });
}

import { S3Error } from '../s3/errors.js';
import type { S3Request, S3Response } from '../s3/message.js';
import { readError } from '../s3/xml/error.js';
import { isSuccess, readBody } from './ask.js';
import { shadowFailed } from './ask-shadow.js';
import type { ShadowContext } from './context.js';
import { migrate } from './migrate.js';
import { mirror } from './mirror.js';
import { settle } from './recovery.js';
import { excludesWriters, writesBoth } from './rungs.js';
import { judged, judgeUnder, unattended } from './under-intent.js';
import { checkConditions, isConditional, viewedETag } from './view.js';
import { withheldPut } from './withheld-put.js';

/** PUT of a whole object, by the rule that the bucket's mode and the target's abilities ask for. */
export async function put(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  if (writesBoth(ctx)) return withheldPut(ctx, request, ['shadow', 'target']);
  if (excludesWriters(ctx)) return withheldPut(ctx, request, ['target']);
  if (isConditional(request)) {
    if (!ctx.conditionalWrites.put) return withheldPut(ctx, request, ['target']);
    await judgeAgainstView(ctx, request);
  }
  return writeTarget(ctx, request);
}

/** CompleteMultipartUpload and CopyObject: the target makes the object, from parts or data that it has. */
export async function writeInTarget(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  if (excludesWriters(ctx)) return writeUnderIntent(ctx, request);
  if (isConditional(request)) await judgeAgainstView(ctx, request);
  return writeTarget(ctx, request);
}

/**
 * PUT with write-through off. A target that honours `If-None-Match` refuses a late copy itself, so the write needs no state; else a
 * shared intent voids the copies that are under way.
 */
async function writeTarget(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  if (ctx.conditionalWrites.put) return ctx.target(request);
  const intent = await ctx.ledger.openIntent(request.key, 'shared');
  const answer = await ctx.target(request);
  await ctx.ledger.closeIntent(intent);
  return answer;
}

async function writeUnderIntent(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  const intent = await ctx.ledger.openIntent(request.key, 'exclusive');
  await judgeUnder(ctx, request, intent);
  const { answer, outcome } = await outcomeOf(await ctx.target(unattended(ctx, judged(request))));
  if (outcome === 'unknown') {
    ctx.background.start('settle a failed write', () => settle(ctx, intent));
    return answer;
  }
  if (outcome === 'written' && writesBoth(ctx)) await mirror(ctx, intent);
  await ctx.ledger.closeIntent(intent);
  return answer;
}

interface Outcome {
  readonly answer: S3Response;
  readonly outcome: 'written' | 'refused' | 'unknown';
}

/** An error that comes late comes after status 200 (AWS, CompleteMultipartUpload and CopyObject). */
async function outcomeOf(received: S3Response): Promise<Outcome> {
  const body = await readBody(received);
  const answer = { ...received, body };
  if (isSuccess(answer) && !readError(body.toString('utf8'))) return { answer, outcome: 'written' };
  return { answer, outcome: answer.status >= 400 && answer.status < 500 ? 'refused' : 'unknown' };
}

/**
 * COND.: `If-None-Match` fails when clients see an object, wherever it is; for `If-Match` the object is migrated first, then the
 * target judges.
 */
async function judgeAgainstView(ctx: ShadowContext, request: S3Request): Promise<void> {
  if (request.headers['if-none-match'] !== undefined) {
    return checkConditions(request, await viewedETag(ctx, request.key, request.signal));
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

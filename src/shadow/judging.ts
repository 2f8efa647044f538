import { S3Error } from '../s3/errors.js';
import type { S3Request } from '../s3/message.js';
import type { ShadowContext } from './context.js';
import { seesShadow, writesBoth } from './rungs.js';
import { isConditional } from './view.js';

/** Who has the last word on the conditions of a write: T, in the moment in which it writes, or the gateway, under the write's intent. */
export type Judge = 'target' | 'gateway';

/**
 * COND.: the gateway can only judge where all that writes announces itself, for what does not could come between the judgement and the write. Elsewhere
 * it is T's to judge; where T would ignore the condition, the gateways are asked to have all writes announced.
 *
 * @throws S3Error SlowDown until they do
 */
export async function judgeOf(ctx: ShadowContext, request: S3Request): Promise<Judge> {
  if (!isConditional(request) || writersAnnounce(ctx)) return 'gateway';
  if (honoursConditions(ctx, request) || !seesShadow(ctx)) return 'target';
  await ctx.demandIntents();
  throw new S3Error(
    'SlowDown',
    'The target does not judge this condition itself, and the gateways are not ready to. Please try again.',
    { headers: { 'retry-after': '1' } },
  );
}

/** Whether every write of the bucket takes an intent, on this gateway and on those that may still be on the rung before. */
export const writersAnnounce = (
  ctx: Pick<ShadowContext, 'conditionalWrites' | 'rung' | 'isConfirmed'>,
): boolean => !ctx.conditionalWrites.put || writesBoth(ctx) || (ctx.rung === 'exclusive' && ctx.isConfirmed);

function honoursConditions(
  { conditionalWrites: { put, complete, match } }: ShadowContext,
  { operation, headers }: S3Request,
): boolean {
  const honoursAbsence = operation === 'PutObject' ? put : complete;
  return (
    (headers['if-none-match'] === undefined || honoursAbsence) && (headers['if-match'] === undefined || match)
  );
}

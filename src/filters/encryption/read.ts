import { discard } from '../../s3/body.js';
import { S3Error } from '../../s3/errors.js';
import type { S3Request, S3Response } from '../../s3/message.js';
import { headOf, replaced } from './answers.js';
import type { EncryptionContext } from './context.js';
import { decrypted, invalidRange, sizesOf } from './decrypt.js';
import { isMarked, withoutMark } from './mark.js';
import { storedRange } from './stored-range.js';

/**
 * GetObject and HeadObject: the plaintext, of which no more is read than the chunks that are asked for. An object without a mark is answered as it is, unless
 * that is forbidden.
 *
 * @throws S3Error InvalidRange, InvalidObjectState (another key, or none), InternalError (damaged)
 */
export async function readObject(ctx: EncryptionContext, request: S3Request): Promise<S3Response> {
  const range = storedRange(request.headers.range);
  const { range: _, ...unranged } = request.headers;
  const asked = { ...request, headers: range === undefined ? unranged : { ...unranged, range } };
  const answer = await ctx.store(asked);
  if (answer.status === 416 && range !== undefined) return beyondTheEnd(ctx, request, answer);
  if (answer.status !== 200 && answer.status !== 206)
    return { ...answer, headers: withoutMark(answer.headers) };
  if (isMarked(answer.headers)) return decrypted(ctx, request, answer);
  if (ctx.strict) {
    discard(answer.body);
    throw unencrypted(ctx);
  }
  return range === undefined ? answer : readAsItIs(ctx, request, answer);
}

const unencrypted = ({ backend }: EncryptionContext): S3Error =>
  new S3Error(
    'InvalidObjectState',
    `The object is not encrypted, which the backend "${backend}" does not allow.`,
  );

/** The range was one of records, and there are none. */
async function readAsItIs(
  ctx: EncryptionContext,
  request: S3Request,
  tried: S3Response,
): Promise<S3Response> {
  discard(tried.body);
  const answer = await ctx.store(request);
  if (!isMarked(answer.headers)) return answer;
  discard(answer.body);
  throw replaced();
}

/** The store knows where its records end, not where the plaintext does. */
async function beyondTheEnd(
  ctx: EncryptionContext,
  request: S3Request,
  refused: S3Response,
): Promise<S3Response> {
  const { status, headers, body } = await ctx.store(headOf(request));
  discard(body);
  if (status !== 200) return refused;
  discard(refused.body);
  if (!isMarked(headers)) return ctx.store(request);
  throw invalidRange(request, sizesOf({ headers, status }).size);
}

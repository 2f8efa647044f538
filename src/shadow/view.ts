import { discard } from '../s3/body.js';
import { S3Error } from '../s3/errors.js';
import type { S3Request } from '../s3/message.js';
import type { ListedObject } from '../s3/xml/listing.js';
import { ask, isSuccess } from './ask.js';
import { askShadow, opening } from './ask-shadow.js';
import type { ShadowContext } from './context.js';
import { ListingRefused, readStorePage } from './listing/store-page.js';
import { isDeleteMarker, judge } from './miss.js';
import { seesShadow } from './rungs.js';

/** What clients see of a key. */
export interface Viewed {
  /** With its quotes. */
  readonly etag: string;
  readonly holder: 'target' | 'shadow';
}

/**
 * The view of a key: T's object if T has it, else nothing if the key is deleted, else S's object.
 *
 * @returns undefined when clients see no object
 * @throws S3Error ServiceUnavailable when a store does not tell
 */
export async function viewedObject(
  ctx: ShadowContext,
  key: string,
  signal: AbortSignal,
): Promise<Viewed | undefined> {
  const inTarget = await lookInTarget(ctx, key, signal);
  if (inTarget.state === 'present') return { etag: inTarget.etag, holder: 'target' };
  if (ctx.rung === 'opening') throw opening();
  if (inTarget.state === 'deleted' || !seesShadow(ctx) || (await ctx.ledger.isDeleted(key))) return undefined;
  const inShadow = await askShadow(ctx, headRequest(key, signal));
  return inShadow && { etag: inShadow.headers.etag ?? '', holder: 'shadow' };
}

/** @throws S3Error ServiceUnavailable when the shadow does not tell */
export const isInShadow = async (ctx: ShadowContext, key: string, signal: AbortSignal): Promise<boolean> =>
  (await askShadow(ctx, headRequest(key, signal))) !== undefined;

/** What the target has of a key. `deleted`: a delete marker of a versioned bucket, which is final. */
export type InTarget =
  | { readonly state: 'present'; readonly etag: string }
  | { readonly state: 'deleted' }
  | { readonly state: 'absent' };

const BAD_REQUEST = 400;

/** @throws S3Error ServiceUnavailable when the target answers neither yes nor no */
export async function lookInTarget(ctx: ShadowContext, key: string, signal: AbortSignal): Promise<InTarget> {
  const request = headRequest(key, signal);
  const { answer, missing } = await judge(request, await ctx.target(request), ctx.presence.target);
  discard(answer.body);
  if (isDeleteMarker(answer)) return { state: 'deleted' };
  if (missing) return { state: 'absent' };
  if (isSuccess(answer)) return { state: 'present', etag: answer.headers.etag ?? '' };
  const listed = answer.status === BAD_REQUEST ? await listedInTarget(ctx, key, signal) : undefined;
  if (!listed) throw new S3Error('ServiceUnavailable', `The target answered ${answer.status} to HEAD.`);
  return { state: 'present', etag: listed.etag };
}

/** An object under a customer's key is told of by HEAD only to who has that key (AWS, HeadObject), but listed to everybody. */
async function listedInTarget(
  ctx: ShadowContext,
  key: string,
  signal: AbortSignal,
): Promise<ListedObject | undefined> {
  try {
    const { entries } = await readStorePage(ctx.target, { prefix: key, delimiter: '', maxKeys: 1, signal });
    return entries.find(({ name }) => name === key)?.object;
  } catch (error) {
    if (error instanceof ListingRefused) return undefined;
    throw error;
  }
}

/** @throws S3Error ServiceUnavailable when the target answers neither yes nor no */
export const isInTarget = async (ctx: ShadowContext, key: string, signal: AbortSignal): Promise<boolean> =>
  (await lookInTarget(ctx, key, signal)).state === 'present';

const headRequest = (key: string, signal: AbortSignal): S3Request =>
  ask('HeadObject', { method: 'HEAD', key, signal });

/** The conditions of a conditional write (PutObject API: If-None-Match, If-Match). */
export const isConditional = ({ headers }: S3Request): boolean =>
  headers['if-none-match'] !== undefined || headers['if-match'] !== undefined;

/** @throws S3Error PreconditionFailed, or NoSuchKey where If-Match names an object that is not there */
export function checkConditions({ headers }: S3Request, etag: string | undefined): void {
  const ifMatch = headers['if-match'];
  if (headers['if-none-match'] !== undefined && etag !== undefined) throw preconditionFailed('If-None-Match');
  if (ifMatch === undefined) return;
  if (etag === undefined) throw new S3Error('NoSuchKey');
  if (ifMatch !== '*' && unquoted(ifMatch) !== unquoted(etag)) throw preconditionFailed('If-Match');
}

const preconditionFailed = (condition: string): S3Error =>
  new S3Error('PreconditionFailed', undefined, { fields: { Condition: condition } });

const unquoted = (etag: string): string => etag.replaceAll('"', '');

import { discard } from '../../s3/body.js';
import { S3Error } from '../../s3/errors.js';
import type { S3Response, S3Service } from '../../s3/message.js';
import { ask } from '../ask.js';
import { askShadow } from '../ask-shadow.js';
import type { ShadowContext } from '../context.js';
import { seesShadow, writesBoth } from '../rungs.js';
import { gather } from './belongings.js';
import { CopyAnew, TargetRefused } from './copy-outcome.js';
import { noteLosses } from './loss.js';
import { maxSinglePut } from './part-layout.js';
import { lostOnTheWay } from './put-sink.js';
import { expectTaken } from './refusals.js';
import { ASKING_FOR_CHECKSUMS } from './source-checksum.js';
import { contentMd5, sourceObject } from './source-object.js';

/** What came of putting the shadow's object in the place of an older copy of it. */
export type ReplaceOutcome =
  /** `etag` is that of the source which was taken. */
  | { readonly state: 'replaced'; readonly bytes: number; readonly etag: string }
  /** The target has another object by now than the copy that was judged, or none: what clients did counts. */
  | { readonly state: 'kept' }
  /** The shadow has no such object any more. */
  | { readonly state: 'absent' }
  /** Not now; a later attempt may do. */
  | { readonly state: 'busy'; readonly reason: string }
  | { readonly state: 'failed'; readonly reason: string };

export interface ReplaceOptions {
  /** Of the copy that is to go, with its quotes. */
  readonly etag: string;
  /** The bucket as clients reach it, so that a switch of settings waits for the write as for one of theirs. */
  readonly service: S3Service;
  readonly signal: AbortSignal;
}

/**
 * Replaces a copy by what the shadow has now: a PutObject with `If-Match`, to which all rules of a client's apply, so that nothing that clients
 * wrote since is overwritten. With write-through it is refused: the shadow's own object would be written, too, over what its other writers write meanwhile.
 *
 * @throws BackendUnavailable; S3Error ServiceUnavailable when the shadow fails
 */
export async function replaceCopy(
  ctx: ShadowContext,
  key: string,
  { etag, service, signal }: ReplaceOptions,
): Promise<ReplaceOutcome> {
  if (writesBoth(ctx)) return { state: 'failed', reason: BOTH_ARE_WRITTEN };
  if (!seesShadow(ctx)) return { state: 'busy', reason: 'the shadow is being set or cleared' };
  const source = await askShadow(ctx, ask('GetObject', { key, headers: ASKING_FOR_CHECKSUMS, signal }));
  if (!source) return { state: 'absent' };
  try {
    return await putOver(ctx, { key, source }, { etag, service, signal });
  } finally {
    discard(source.body);
  }
}

const BOTH_ARE_WRITTEN =
  'with write-through the shadow would be written, too, over what its other writers write meanwhile';

async function putOver(
  ctx: ShadowContext,
  { key, source }: { readonly key: string; readonly source: S3Response },
  { etag, service, signal }: ReplaceOptions,
): Promise<ReplaceOutcome> {
  const object = sourceObject(key, source);
  if (object.size > maxSinglePut(ctx))
    return { state: 'failed', reason: 'it is larger than one PUT can be (5 GiB)' };
  const given = await gather(ctx, object, { way: 'put', signal });
  const headers = {
    ...given.headers,
    ...contentMd5(object),
    'if-match': etag,
    'content-length': String(object.size),
  };
  const body = object.size === 0 ? Buffer.alloc(0) : source.body;
  const request = ask('PutObject', { method: 'PUT', key, headers, ...(body && { body }), signal });
  try {
    const answer = await service(request);
    const { refusable } = given;
    await expectTaken(answer, 'refused', { given: refusable, refusals: ctx.learnt.refusals });
    noteLosses(ctx, key, [...given.losses, ...lostOnTheWay(object, given, answer)]);
    return { state: 'replaced', bytes: object.size, etag: object.etag };
  } catch (error) {
    return refusedBecause(error);
  }
}

/** 412: another object; 404: none; 409 and SlowDown: others write it, or the gateways are not ready to judge the condition. */
function refusedBecause(error: unknown): ReplaceOutcome {
  if (error instanceof CopyAnew) return { state: 'busy', reason: error.message };
  if (!(error instanceof S3Error || error instanceof TargetRefused)) throw error;
  const { status, code, message } = error;
  if (status === 412 || status === 404) return { state: 'kept' };
  const isBusy = code === 'SlowDown' || status === 409;
  return { state: isBusy ? 'busy' : 'failed', reason: message };
}

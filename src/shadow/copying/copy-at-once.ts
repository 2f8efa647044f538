import { randomUUID } from 'node:crypto';
import { discard } from '../../s3/body.js';
import type { S3Response } from '../../s3/message.js';
import type { ListedObject } from '../../s3/xml/listing.js';
import { errorOf } from '../../system/thrown.js';
import { ask } from '../ask.js';
import { askShadow } from '../ask-shadow.js';
import type { ShadowContext } from '../context.js';
import { gather } from './belongings.js';
import { endToken, fitsWhole, givenUp, outcomeOf, readWhole } from './copy.js';
import type { CopyOutcome } from './copy-outcome.js';
import type { CopySink } from './copy-sink.js';
import { wholeSink } from './put-sink.js';
import { ASKING_FOR_CHECKSUMS } from './source-checksum.js';
import { type SourceObject, sourceObject } from './source-object.js';
import { mayCopyWithin } from './within-target.js';

/** Whether an object, by its entry of a listing, may be copied without a token that is there before the shadow is read. */
export const mayCopyAtOnce = (
  ctx: ShadowContext,
  key: string,
  listed: Pick<ListedObject, 'size' | 'etag'> | undefined,
): boolean =>
  listed !== undefined &&
  ctx.rung === 'read-through' &&
  ctx.conditionalWrites.put &&
  fitsWhole(ctx, listed) &&
  !mayCopyWithin(ctx, key, listed);

/**
 * SWEEP of an object that is held whole: the shadow is read first, and then one commit of the state says that nothing is known of the key and that its
 * copy is being committed. A token of before would say no more: writers leave the shadow alone on this rung, the target refuses to replace what they
 * wrote meanwhile, and a key that was deleted since the shadow was read still has its tombstone.
 *
 * @returns undefined where something is known of the key, or the object is not what was listed: then it is to be copied as any other
 */
export async function copyAtOnce(ctx: ShadowContext, key: string): Promise<CopyOutcome | undefined> {
  const begun = ctx.clock.now();
  const { signal } = ctx.background;
  const source = await askShadow(ctx, ask('GetObject', { key, headers: ASKING_FOR_CHECKSUMS, signal }));
  if (!source) return { state: 'absent' };
  const read = await readIfWhole(ctx, key, source);
  if (!read) return undefined;
  const { object, whole } = read;
  const sink = wholeSink(ctx, object, {
    signal,
    whole,
    belongings: (way) => gather(ctx, object, { way, signal }),
    keepsETag: true,
  });
  await sink.ready();
  return commitAtOnce(ctx, object, { sink, begun });
}

async function readIfWhole(
  ctx: ShadowContext,
  key: string,
  source: S3Response,
): Promise<{ readonly object: SourceObject; readonly whole: Buffer } | undefined> {
  try {
    const object = sourceObject(key, source);
    return fitsWhole(ctx, object) ? { object, whole: await readWhole(source.body, object) } : undefined;
  } finally {
    discard(source.body);
  }
}

async function commitAtOnce(
  ctx: ShadowContext,
  object: SourceObject,
  { sink, begun }: { readonly sink: CopySink; readonly begun: number },
): Promise<CopyOutcome | undefined> {
  const token = { key: object.key, id: randomUUID() };
  try {
    if (!(await ctx.ledger.commitUnknown(token, begun))) return undefined;
    const outcome = outcomeOf(ctx, object, await sink.release());
    // Nobody but a writer of this key waits for it.
    void ctx.background.startUncounted('the end of a copy', () => endToken(ctx, token));
    return outcome;
  } catch (error) {
    return givenUp(ctx, sink, { token, reason: errorOf(error) });
  }
}

import type { Readable } from 'node:stream';
import { type Branch, pump, ReadersLeft } from '../branch.js';
import type { ShadowContext } from '../context.js';
import { writersAnnounce } from '../judging.js';
import { CopyFailed } from './copy-outcome.js';
import type { CopySink, SinkOptions } from './copy-sink.js';
import { multipartSink } from './multipart-sink.js';
import { MAX_SINGLE_PUT, partCount } from './part-layout.js';
import { putSink } from './put-sink.js';
import { refusingSink } from './refusing-sink.js';
import type { SourceObject } from './source-object.js';

/**
 * A source uploaded in parts is copied in the same parts, so that its ETag stays; but only onto a target that honours
 * `If-None-Match` when it completes them, since that is what keeps plain writers free of state. Where no way of copying the object is safe yet, the
 * sink refuses it.
 */
export function openSink(ctx: ShadowContext, object: SourceObject, options: SinkOptions): CopySink {
  const sameParts = partCount(object) !== undefined && ctx.conditionalWrites.complete;
  if (!sameParts && object.size <= MAX_SINGLE_PUT) return putSink(ctx, object, options);
  if (canCopyInParts(ctx)) return multipartSink(ctx, object, options);
  ctx.background.start('have all writes announced', ctx.demandIntents);
  return refusingSink(new CopyFailed(TOO_LARGE));
}

const TOO_LARGE =
  'the object is larger than 5 GiB and the target does not honour If-None-Match on CompleteMultipartUpload: ' +
  'it can be copied once all gateways announce their writes, which they have been asked for';

/**
 * A copy in parts must not replace what clients write meanwhile: T refuses it, or every writer announces itself, on this rung and on those
 * on which other gateways may still be.
 */
const canCopyInParts = (ctx: ShadowContext): boolean =>
  ctx.conditionalWrites.complete || writersAnnounce(ctx);

/**
 * Carries an object's bytes to `sink`, and to those who read along; resolves when all but the end has been sent.
 *
 * @throws WrongLength, CopyFailed, BackendUnavailable, or whatever the source fails with
 */
export async function fill(
  sink: CopySink,
  bytes: Readable,
  object: SourceObject,
  readers: readonly Branch[] = [],
): Promise<void> {
  try {
    await pump(bytes, [...readers, sink.branch], { announced: object.size, need: 'one' });
  } catch (error) {
    // The sink has left by itself: it knows why better than the pump does.
    if (!(error instanceof ReadersLeft)) throw error;
  }
  await sink.ready();
}

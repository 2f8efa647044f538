import type { Readable } from 'node:stream';
import { type Branch, pump, ReadersLeft } from './branch.js';
import type { ShadowContext } from './context.js';
import type { CopySink } from './copy-sink.js';
import { multipartSink } from './multipart-sink.js';
import { MAX_SINGLE_PUT, partCount } from './part-layout.js';
import { putSink } from './put-sink.js';
import type { SourceObject } from './source-object.js';

/**
 * A source uploaded in parts is copied in the same parts, so that its ETag stays; but only onto a target that honours
 * `If-None-Match` when it completes them, since that is what keeps plain writers free of state.
 */
export function openSink(ctx: ShadowContext, object: SourceObject, signal: AbortSignal): CopySink {
  const sameParts = partCount(object) !== undefined && ctx.conditionalWrites.complete;
  return sameParts || object.size > MAX_SINGLE_PUT
    ? multipartSink(ctx, object, signal)
    : putSink(ctx, object, signal);
}

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

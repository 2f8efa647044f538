import type { Readable } from 'node:stream';
import { Branch, pump, ReadersLeft } from '../branch.js';
import type { ShadowContext } from '../context.js';
import { CopyFailed } from './copy-outcome.js';
import type { CopySink, SinkOptions } from './copy-sink.js';
import { goesInParts } from './in-parts.js';
import { multipartSink } from './multipart-sink.js';
import { maxSinglePut } from './part-layout.js';
import { putSink, wholeSink } from './put-sink.js';
import { refusingSink } from './refusing-sink.js';
import type { SourceObject } from './source-object.js';
import { CopyWithinTarget } from './within-target.js';

/** The way in which an object is copied; where none is safe yet, the sink refuses it. */
export function openSink(ctx: ShadowContext, object: SourceObject, options: SinkOptions): CopySink {
  if (options.isWithinTarget) return new CopyWithinTarget(ctx, object, options);
  if (goesInParts(ctx, object)) return multipartSink(ctx, object, options);
  const { whole } = options;
  if (whole) return wholeSink(ctx, object, { ...options, whole });
  if (object.size === 0) return emptySink(ctx, object, options);
  if (object.size <= maxSinglePut(ctx)) return putSink(ctx, object, options);
  ctx.background.start('have all writes announced', ctx.demandIntents);
  return refusingSink(new CopyFailed(TOO_LARGE));
}

/** Nothing can be withheld of an empty body. That it is empty is seen, for its source is read to its end. */
function emptySink(ctx: ShadowContext, object: SourceObject, options: SinkOptions): CopySink {
  return { ...wholeSink(ctx, object, { ...options, whole: Buffer.alloc(0) }), branch: new Branch() };
}

const TOO_LARGE =
  'the object is larger than 5 GiB and the target does not honour If-None-Match on CompleteMultipartUpload: ' +
  'it can be copied once all gateways announce their writes, which they have been asked for';

/**
 * Carries an object's bytes to `sink`, unless that reads the source itself, and to those who read along; resolves when all but the end has been sent.
 *
 * @throws WrongLength, CopyFailed, BackendUnavailable, or whatever the source fails with
 */
export async function fill(
  sink: CopySink,
  bytes: Readable,
  object: SourceObject,
  readers: readonly Branch[] = [],
): Promise<void> {
  const branches = sink.branch ? [...readers, sink.branch] : readers;
  try {
    if (branches.length > 0) await pump(bytes, branches, { announced: object.size, need: 'one' });
  } catch (error) {
    // The sink has left by itself: it knows why better than the pump does.
    if (!(error instanceof ReadersLeft)) throw error;
  }
  await sink.ready();
}

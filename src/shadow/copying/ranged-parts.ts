import { Readable } from 'node:stream';
import { discard, toReadable } from '../../s3/body.js';
import type { CompletedPart } from '../../s3/xml/multipart.js';
import { ask } from '../ask.js';
import { askShadow } from '../ask-shadow.js';
import type { ShadowContext } from '../context.js';
import { sideBySide } from '../side-by-side.js';
import { CopyFailed } from './copy-outcome.js';
import { type PartsContext, sendPart } from './copy-upload.js';
import { goesInParts } from './in-parts.js';
import { layoutOfCopy, type PartLayout } from './part-layout.js';
import type { SourceObject } from './source-object.js';

/** So many parts of one object are on their way at once. */
const AT_ONCE = 4;

/**
 * The parts of a source that can be read in ranges, one for each; undefined where it is to be read as one: it is copied by one PUT, or its parts have to
 * be found out from all of its bytes.
 */
export async function layoutInRanges(
  ctx: ShadowContext,
  object: SourceObject,
  signal: AbortSignal,
): Promise<PartLayout | undefined> {
  if (object.etag === '' || !goesInParts(ctx, object)) return undefined;
  const { layouts } = ctx.learnt;
  const layout = await layoutOfCopy(ctx, object, signal);
  const isGuess = layout.known === 'guessed' && layout.others.length > 0;
  const isKnown = !isGuess || layouts.isLikely(object, layout.partSizes);
  return isKnown && layout.partSizes.length > 1 ? layout : undefined;
}

interface Span {
  readonly partNumber: number;
  /** Bytes. */
  readonly start: number;
  readonly length: number;
}

/**
 * Sends the parts of these sizes (bytes) that the upload does not have, each as it is read from the source by a request of its own. When one fails, those
 * that are on their way are sent to their end: the next attempt need not.
 *
 * @throws CopyAnew, CopyFailed, BackendUnavailable, S3Error
 */
export async function sendRanges(to: PartsContext, partSizes: readonly number[]): Promise<CompletedPart[]> {
  const { signal, upload } = to;
  const parts = new Map(upload.sent);
  await sideBySide(missing(partSizes, upload.sent), { limit: AT_ONCE, signal }, async (span) => {
    parts.set(span.partNumber, await sendRange(to, span));
  });
  signal.throwIfAborted();
  return [...parts.values()].sort((a, b) => a.partNumber - b.partNumber);
}

async function* missing(
  partSizes: readonly number[],
  sent: ReadonlyMap<number, CompletedPart>,
): AsyncGenerator<Span> {
  let start = 0;
  for (const [index, length] of partSizes.entries()) {
    const partNumber = index + 1;
    if (!sent.has(partNumber)) yield { partNumber, start, length };
    start += length;
  }
}

async function sendRange(to: PartsContext, span: Span): Promise<CompletedPart> {
  const bytes = span.length === 0 ? Readable.from([]) : await readRange(to, span);
  // Whoever reads them is told what went wrong; after that nobody is.
  bytes.on('error', () => undefined);
  try {
    return await sendPart(to, { ...span, bytes });
  } finally {
    bytes.destroy();
  }
}

/**
 * The bytes of a part, of the object that is copied and no other, which is told by the ETag of the answer: Ceph RGW 16.2 answers 412 to every `If-Match`.
 *
 * @throws CopyFailed when the source has another object by now
 */
async function readRange({ ctx, object, signal }: PartsContext, { start, length }: Span): Promise<Readable> {
  const { key, etag, size } = object;
  const end = start + length - 1;
  const headers = { range: `bytes=${start}-${end}` };
  const answer = await askShadow(ctx, ask('GetObject', { key, headers, signal }));
  const range = answer?.headers['content-range'];
  if (answer?.status === 206 && answer.headers.etag === etag && range === `bytes ${start}-${end}/${size}`)
    return toReadable(answer.body);
  discard(answer?.body);
  throw new CopyFailed(
    `source changed: bytes ${start}-${end} of ${etag} were answered ${answer?.status ?? 404}`,
  );
}

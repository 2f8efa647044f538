import type { Readable } from 'node:stream';
import { collect, discard, toReadable } from '../../s3/body.js';
import type { S3Body, S3Response } from '../../s3/message.js';
import type { CopyToken } from '../../state/ledger.js';
import { errorOf } from '../../system/thrown.js';
import { Branch, WrongLength } from '../branch.js';
import type { ShadowContext } from '../context.js';
import { isInTarget } from '../view.js';
import { gather } from './belongings.js';
import { CopyAnew, type CopyOutcome, failedCopy } from './copy-outcome.js';
import { abortUpload, type CopySink, type Released } from './copy-sink.js';
import { goesInParts } from './in-parts.js';
import { noteLosses } from './loss.js';
import type { PartLayout } from './part-layout.js';
import { type SourceObject, sourceObject } from './source-object.js';
import { fill, openSink } from './transfer.js';
import { Superseded, UploadKeeper } from './upload-keeper.js';

export interface CopyJob {
  readonly key: string;
  readonly token: CopyToken;
  /** The shadow's answer to a GET of the whole object; to a HEAD where it is read in `ranges`, or copied by the target itself. */
  readonly source: S3Response;
  readonly ranges?: PartLayout;
  readonly isWithinTarget?: boolean;
}

export interface StartedCopy {
  /** The object's bytes for a client, in the same pass. A client that leaves does not stop the copy. */
  readonly client: Readable;
  readonly outcome: Promise<CopyOutcome>;
}

/** COPY for a client that reads along. */
export function copyForClient(ctx: ShadowContext, job: CopyJob): StartedCopy {
  const client = new Branch();
  client.on('error', () => undefined);
  const { key } = job;
  const outcome = ctx.aroundCopy({ key, as: ctx.copier.as }, () => copy(ctx, job, [client]));
  return { client, outcome };
}

/**
 * COPY: carries the shadow's object to the target, all but the end; then, if no writer and no delete voided the token, releases the end.
 * Never rejects: what went wrong is the outcome.
 */
export async function copy(
  ctx: ShadowContext,
  { key, token, source, ranges, isWithinTarget }: CopyJob,
  readers: readonly Branch[] = [],
): Promise<CopyOutcome> {
  const { signal } = ctx.background;
  const renewing = keepRenewing(ctx, token);
  let bytes: Readable | undefined;
  let sink: CopySink | undefined;
  try {
    const object = sourceObject(key, source);
    if (token.left && (isWithinTarget || !goesInParts(ctx, object)))
      await abortUpload(ctx, { key, uploadId: token.left.uploadId }, signal);
    const isWhole = readers.length === 0 && !isWithinTarget && fitsWhole(ctx, object);
    const whole = isWhole ? await readWhole(source.body, object) : undefined;
    sink = openSink(ctx, object, {
      signal,
      whole,
      belongings: (way) => gather(ctx, object, { way, signal }),
      keepsETag: true,
      keeper: new UploadKeeper(ctx.ledger, token),
      ranges,
      isWithinTarget,
    });
    if (whole) await sink.ready();
    else {
      bytes = toReadable(source.body);
      await fill(sink, bytes, object, readers);
    }
    const end = await commit(ctx, token, sink);
    await endToken(ctx, token);
    return outcomeOf(ctx, object, end);
  } catch (error) {
    const reason = errorOf(error);
    for (const reader of readers) reader.fail(reason);
    return givenUp(ctx, sink, { token, reason });
  } finally {
    renewing.end();
    // Where nobody reads any more, the source has not come to its end.
    if (bytes) bytes.destroy();
    else discard(source.body);
  }
}

/** What a copy has come to whose end was released. */
export function outcomeOf(ctx: ShadowContext, { key, size }: SourceObject, end: Released): CopyOutcome {
  if (end.state === 'exists') return { state: 'present' };
  noteLosses(ctx, key, end.losses);
  return { state: 'copied', bytes: size };
}

/** Up to this size (bytes) an object is held whole: one write to the target costs less than a stream whose end is kept back. */
const WHOLE_BYTES = 64 * 1024;

export const fitsWhole = (ctx: ShadowContext, object: Pick<SourceObject, 'etag' | 'size'>): boolean =>
  object.size <= WHOLE_BYTES && !goesInParts(ctx, object);

/** @throws WrongLength, or whatever the source fails with */
export async function readWhole(body: S3Body | undefined, { size }: SourceObject): Promise<Buffer> {
  const whole = await collect(body, size, () => new WrongLength(size, size + 1));
  if (whole.length < size) throw new WrongLength(size, whole.length);
  return whole;
}

/**
 * The end of COPY. A target that would let it replace another object is looked at once more, now that whoever writes voids the
 * token (READ step 4).
 */
async function commit(ctx: ShadowContext, token: CopyToken, sink: CopySink): Promise<Released> {
  if (sink.overwrites && (await isInTarget(ctx, token.key, ctx.background.signal))) throw new Superseded();
  if (!(await ctx.ledger.beginCommit(token))) throw new Superseded();
  return sink.release();
}

/** Prolongs the token while its copy is under way. Where that fails the copy finds out when it is to be committed. */
function keepRenewing({ clock, ledger, log }: ShadowContext, token: CopyToken): { end(): void } {
  let isOver = false;
  let timer = clock.after(ledger.renewalMs, () => void renew());
  async function renew(): Promise<void> {
    try {
      if (!(await ledger.renewToken(token)) || isOver) return;
      timer = clock.after(ledger.renewalMs, () => void renew());
    } catch (error) {
      log.warn({ err: error }, 'a copy token could not be prolonged');
    }
  }
  return {
    end() {
      isOver = true;
      timer.cancel();
    },
  };
}

interface GivenUp {
  readonly token: CopyToken;
  readonly reason: Error;
}

/** Ends a copy that failed, and tells what it has come to. */
export async function givenUp(
  ctx: ShadowContext,
  sink: CopySink | undefined,
  { token, reason }: GivenUp,
): Promise<CopyOutcome> {
  const isFenced = await abandon(ctx, sink, { token, reason });
  if (reason instanceof Superseded) return { state: 'superseded' };
  const again = isFenced && reason instanceof CopyAnew;
  return { ...failedCopy(reason), ...(again && { again }) };
}

/** True: nothing of the copy can be committed any more, or gone on with. */
async function abandon(
  ctx: ShadowContext,
  sink: CopySink | undefined,
  { token, reason }: GivenUp,
): Promise<boolean> {
  try {
    if (!sink) await returnToken(ctx, token);
    else if (!(await sink.abort(reason))) return false;
    else await endToken(ctx, token);
    return true;
  } catch (error) {
    ctx.log.warn({ err: error }, 'an abandoned copy is left to recovery');
    return false;
  }
}

/** A token that came to nothing, before anything was sent under it. What an earlier attempt has left stays as it is. */
export const returnToken = (ctx: ShadowContext, token: CopyToken): Promise<void> =>
  unlessUnavailable(ctx, token.left ? ctx.ledger.leaveUpload(token) : ctx.ledger.dropToken(token));

/** Of a copy that nothing is left of but the object, if it was made. */
export const endToken = (ctx: ShadowContext, token: CopyToken): Promise<void> =>
  unlessUnavailable(ctx, ctx.ledger.dropToken(token));

/** What the copy or the read has come to holds, even when the state cannot be told that the token is free. */
async function unlessUnavailable(ctx: ShadowContext, told: Promise<unknown>): Promise<void> {
  try {
    await told;
  } catch (error) {
    ctx.log.warn({ err: error }, 'a copy token is left to expire');
  }
}

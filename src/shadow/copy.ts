import type { Readable } from 'node:stream';
import { toReadable } from '../s3/body.js';
import type { S3Response } from '../s3/message.js';
import type { CopyToken } from '../state/ledger.js';

import { Branch } from './branch.js';
import type { ShadowContext } from './context.js';
import { CopyFailed, type CopyOutcome } from './copy-outcome.js';
import type { CopySink } from './copy-sink.js';
import { sourceObject } from './source-object.js';
import { fill, openSink } from './transfer.js';

export interface CopyJob {
  readonly key: string;
  readonly token: CopyToken;
  /** The shadow's answer to a GET of the whole object. */
  readonly source: S3Response;
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
  return { client, outcome: copy(ctx, job, [client]) };
}

/**
 * COPY: carries the shadow's object to the target, all but the end; then, if no writer and no delete voided the token, releases the end.
 * Never rejects: what went wrong is the outcome.
 */
export async function copy(
  ctx: ShadowContext,
  { key, token, source }: CopyJob,
  readers: readonly Branch[] = [],
): Promise<CopyOutcome> {
  const bytes = toReadable(source.body);
  let sink: CopySink | undefined;
  let committing = false;
  try {
    const object = sourceObject(key, source);
    sink = openSink(ctx, object, ctx.background.signal);
    await fill(sink, bytes, object, readers);
    if (!(await ctx.ledger.beginCommit(token))) {
      await sink.abort(new CopyFailed('superseded'));
      await dropToken(ctx, token);
      return { state: 'superseded' };
    }
    committing = true;
    const end = await sink.release();
    await dropToken(ctx, token);
    return end === 'done' ? { state: 'copied', bytes: object.size } : { state: 'present' };
  } catch (error) {
    const reason = error instanceof Error ? error : new Error(String(error));
    for (const reader of readers) reader.fail(reason);
    await abandon(ctx, sink, reason);
    // A commit whose answer was lost may still apply: only the lease fences it, so the token stays.
    if (!committing) await dropToken(ctx, token);
    return { state: 'failed', reason: reason.message };
  } finally {
    // Where nobody reads any more, the source has not come to its end.
    bytes.destroy();
  }
}

async function abandon(ctx: ShadowContext, sink: CopySink | undefined, reason: Error): Promise<void> {
  try {
    await sink?.abort(reason);
  } catch (error) {
    ctx.log.warn({ err: error }, 'an abandoned copy may have left an unfinished upload in the target');
  }
}

/** What the copy or the read has come to holds, even when the state cannot be told that the token is free. */
export async function dropToken(ctx: ShadowContext, token: CopyToken): Promise<void> {
  try {
    await ctx.ledger.dropToken(token);
  } catch (error) {
    ctx.log.warn({ err: error }, 'a copy token is left to expire');
  }
}

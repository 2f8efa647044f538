import { S3Error } from '../s3/errors.js';
import type { Copy, KeyRecord } from '../state/key-record.js';
import { KvUnavailable } from '../state/kv.js';
import type { WriteIntent } from '../state/write-intent.js';
import { unlessAborted } from '../system/unless-aborted.js';
import { wasLeftUnanswered } from './ask.js';
import { shadowFailed } from './ask-shadow.js';
import type { ShadowContext } from './context.js';
import { abortUpload } from './copying/copy-sink.js';
import { collectTombstone } from './deleting/collect.js';
import { deleteFromShadow, repairDelete, shadowAnswers } from './deleting/repair.js';
import { mirror } from './mirror.js';
import { excludesWriters, holdsReaders, seesShadow, writesBoth } from './rungs.js';
import { sideBySide } from './side-by-side.js';
import { finishUpload } from './uploads/finish.js';
import { isInShadow, isInTarget } from './view.js';

const INTERVAL_MS = 5_000;

/** Keys that are looked after at once. */
const AT_ONCE = 16;

/**
 * RECOVERY of a write that failed half-way, under its exclusive intent, without changing the view: an upload that S has completed is completed in
 * T; else, T has the key -> T's object is copied to S; T has none and D -> S's is deleted; else nothing. Then the intent is closed. What fails
 * is tried again when the lease ends.
 */
export async function settle(ctx: ShadowContext, intent: WriteIntent): Promise<void> {
  const isOver = !excludesWriters(ctx) || (await bringIntoLine(ctx, intent));
  if (!isOver) return;
  if (holdsReaders(ctx)) await ctx.ledger.closeSettled(intent);
  else await ctx.ledger.closeIntent(intent);
}

/** What one store may have otherwise than the other is made the same, as RECOVERY does; of a key that nobody is writing, too. */
export async function align(ctx: ShadowContext, key: string): Promise<void> {
  const intent = await ctx.ledger.openIntent(key, 'exclusive');
  try {
    await owe(ctx, intent);
    await settle(ctx, intent);
  } catch (error) {
    // What nothing was done about is no worse than before, and no reason to bar the key.
    if (!wasLeftUnanswered(error)) await ctx.ledger.closeIntent(intent);
    throw error;
  }
}

/** A delete that was to leave the shadow alone, when it was made, is owed to it after all. */
async function owe(ctx: ShadowContext, intent: WriteIntent): Promise<void> {
  const { key } = intent;
  if (await isInTarget(ctx, key, ctx.background.signal)) return;
  if (await ctx.ledger.isDeleted(key)) await ctx.ledger.buryUnder(intent, 'pending');
}

/**
 * Where the shadow is no longer written, or not yet, it need not agree: one that stays down must not bar its keys for good. What it did not answer may
 * still take effect, and is waited for.
 *
 * @returns false when a delete of the shadow may still take effect
 */
async function bringIntoLine(ctx: ShadowContext, intent: WriteIntent): Promise<boolean> {
  try {
    if (await finishUpload(ctx, intent)) return true;
    if (!(await isInTarget(ctx, intent.key, ctx.background.signal))) return bringDeleteIntoLine(ctx, intent);
    if (!writesBoth(ctx)) await assertTells(ctx, intent.key);
    await mirror(ctx, intent);
    return true;
  } catch (error) {
    const mustBeTriedAgain = writesBoth(ctx) || wasLeftUnanswered(error) || error instanceof KvUnavailable;
    if (mustBeTriedAgain) throw error;
    const { key } = intent;
    ctx.log.warn(
      { err: error, bucket: ctx.bucket, key },
      'the shadow may keep what a write that failed left in it',
    );
    return true;
  }
}

/** Where readers wait for it, a delete that the shadow refuses stays under its intent: without it some would see the object. */
async function bringDeleteIntoLine(ctx: ShadowContext, intent: WriteIntent): Promise<boolean> {
  if (!writesBoth(ctx)) return true;
  const isOver = await deleteFromShadow(ctx, intent.key, intent);
  return isOver && !(holdsReaders(ctx) && (await ctx.ledger.owesDelete(intent.key)));
}

/** A shadow that is down is not sent what it would owe an answer to. @throws S3Error ServiceUnavailable when it does not tell what it has */
async function assertTells(ctx: ShadowContext, key: string): Promise<void> {
  try {
    await isInShadow(ctx, key, ctx.background.signal);
  } catch (error) {
    // That it was asked and did not answer is nothing that may still apply.
    throw error instanceof S3Error ? shadowFailed(error.message) : error;
  }
}

/** Looks after what writers and deletes left behind, until the signal aborts. Any number of gateways may do so at once. */
export async function recoverForever(ctx: ShadowContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await recoverAll(ctx, signal);
    } catch (error) {
      ctx.log.warn({ err: error, bucket: ctx.bucket }, 'recovery is interrupted and begins anew');
    }
    await ctx.clock.sleep(INTERVAL_MS, signal).catch(unlessAborted(signal));
  }
}

async function recoverAll(ctx: ShadowContext, signal: AbortSignal): Promise<void> {
  const canRepair = once(async () => seesShadow(ctx) && (await shadowAnswers(ctx)));
  const attempted = <T>(items: AsyncGenerator<T>, work: (item: T) => Promise<void>) =>
    sideBySide(items, { limit: AT_ONCE, signal }, (item) => unlessItFails(ctx, () => work(item)));
  await attempted(ctx.ledger.dueRecords(), ([key, record]) => recoverKey(ctx, { key, record, canRepair }));
  if (seesShadow(ctx) && ctx.settings.delete === 'both')
    await attempted(ctx.ledger.collectableKeys(), (key) => collectTombstone(ctx, key));
}

/** A key that fails does not keep the others waiting. */
async function unlessItFails(ctx: ShadowContext, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof KvUnavailable) throw error;
    ctx.log.warn({ err: error, bucket: ctx.bucket }, 'a key is not recovered yet; it is tried again');
  }
}

interface DueKey {
  readonly key: string;
  readonly record: KeyRecord;
  /** Whether the shadow answers at all: it is not asked key by key in vain. */
  readonly canRepair: () => Promise<boolean>;
}

async function recoverKey(ctx: ShadowContext, { key, record, canRepair }: DueKey): Promise<void> {
  await abortDeadUploads(ctx, key, record.copies);
  const dead = record.intents.length > 0 ? await ctx.ledger.adoptDeadIntent(key) : undefined;
  if (dead) return settle(ctx, dead);
  const isHeld = record.intents.length + record.copies.length > 0;
  const { tombstone, intents } = isHeld ? await ctx.ledger.tidy(key) : record;
  const isOwed = tombstone?.shadowDelete === 'pending' && intents.length === 0;
  if (isOwed && (await canRepair())) await repairDelete(ctx, key);
}

/**
 * Once its upload is aborted, a copy in parts can no longer be completed, however late: only then may its token go. One that the next attempt can go on
 * with is kept for it, for a time.
 */
async function abortDeadUploads(ctx: ShadowContext, key: string, copies: readonly Copy[]): Promise<void> {
  for (const copy of copies) {
    const { id, uploadId, until } = copy;
    if (uploadId === undefined || until > ctx.clock.now() || ctx.ledger.isLeft(copy)) continue;
    await abortUpload(ctx, { key, uploadId }, ctx.background.signal);
    await ctx.ledger.dropToken({ key, id });
  }
}

function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => {
    found ??= find();
    return found;
  };
}

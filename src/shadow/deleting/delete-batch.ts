import pLimit from 'p-limit';
import type { HeaderFields } from '../../s3/message.js';
import type { ShadowDelete } from '../../state/tombstone.js';
import type { WriteIntent } from '../../state/write-intent.js';
import { messageOf } from '../../system/thrown.js';
import type { ShadowContext } from '../context.js';
import { settle } from '../recovery.js';
import { excludesWriters, seesShadow, writesBoth } from '../rungs.js';
import { heldUp } from '../under-intent.js';
import { afterAnswer, deletesBoth, owed } from './delete.js';
import { findInTarget } from './present-keys.js';
import { type Deletion, deleteFromStore, GONE } from './store-deletes.js';

/** Failed deletes of one batch that are settled at once. */
const CONCURRENCY = 8;

export interface Batch {
  /** Different ones, 1,000 at most. */
  readonly keys: readonly string[];
  /** What the client said for all of its objects. */
  readonly headers: HeaderFields;
  readonly signal: AbortSignal;
}

type Outcomes = ReadonlyMap<string, Deletion>;

/**
 * DELETE of many keys: each of its steps is one commit of the state, or one request to a store, for all of them. A key that a writer or the
 * end of a copy holds is not waited for, and missing from what is returned: so two batches never wait for each other.
 *
 * @throws KvUnavailable
 */
export async function deleteBatch(ctx: ShadowContext, batch: Batch): Promise<Outcomes> {
  const mode = excludesWriters(ctx) ? 'exclusive' : 'shared';
  const deletes = writesBoth(ctx) ? owed(ctx) : undefined;
  const intents = await ctx.ledger.batch.openIntents(batch.keys, mode, deletes);
  const outcomes = writesBoth(ctx)
    ? await deleteFromTarget(ctx, intents, batch)
    : await deleteWhatIsThere(ctx, intents, batch);
  await afterAnswer(ctx, () => finish(ctx, intents, outcomes));
  return outcomes;
}

/**
 * Where others may write without an intent: a delete that found nothing in T must not reach T, where it could hit a later PUT. The intents
 * are there before the look, so that no copy brings what it did not find.
 */
async function deleteWhatIsThere(
  ctx: ShadowContext,
  intents: readonly WriteIntent[],
  batch: Batch,
): Promise<Outcomes> {
  const { present, failures, buried } = await lookAndBury(ctx, intents, batch.signal);
  const there = buried.filter(({ key }) => present.has(key));
  const absent = buried.filter(({ key }) => !present.has(key));
  return new Map<string, Deletion>([
    ...intents.map(({ key }) => [key, unsent(failures.get(key))] as const),
    ...absent.map(({ key }) => [key, GONE] as const),
    ...(await deleteFromTarget(ctx, there, batch)),
  ]);
}

/** I is mine -> D for all of which T told whether it has them. When that fails nothing was sent, and the intents have nothing to guard. */
async function lookAndBury(ctx: ShadowContext, intents: readonly WriteIntent[], signal: AbortSignal) {
  try {
    const found = await findInTarget(ctx, keysOf(intents), signal);
    const told = intents.filter(({ key }) => !found.failures.has(key));
    return { ...found, buried: await ctx.ledger.batch.bury(told, owed(ctx)) };
  } catch (error) {
    await ctx.ledger.batch.closeIntents(intents);
    throw error;
  }
}

/** Goes on although the client leaves: its keys would be barred until the leases are over. */
function deleteFromTarget(
  ctx: ShadowContext,
  intents: readonly WriteIntent[],
  { headers }: Batch,
): Promise<Outcomes> {
  const { signal } = ctx.background;
  const isInTime = outlasting(ctx, intents);
  return deleteFromStore(ctx.target, keysOf(intents), { headers, signal, isInTime });
}

/** Whether the lease of a key's intent outlasts a request that is sent now; of a key without one it need not. */
function outlasting(ctx: ShadowContext, intents: readonly WriteIntent[]): (key: string) => boolean {
  const byKey = new Map(intents.map((intent) => [intent.key, intent]));
  return (key) => {
    const intent = byKey.get(key);
    return intent === undefined || ctx.ledger.outlastsRequest(intent);
  };
}

/** A delete that T did not answer may still be on its way: its intent is left to run out. */
async function finish(
  ctx: ShadowContext,
  intents: readonly WriteIntent[],
  outcomes: Outcomes,
): Promise<void> {
  const ended = (state: Deletion['state']) => intents.filter(({ key }) => outcomes.get(key)?.state === state);
  const [gone, refused, untouched] = [ended('gone'), ended('refused'), ended('unsent')];
  if (excludesWriters(ctx)) {
    settleAll(ctx, refused);
    await ctx.ledger.batch.closeIntents(untouched);
    await deleteFromShadow(ctx, keysOf(gone), gone);
  } else {
    await ctx.ledger.batch.closeIntents([...gone, ...refused, ...untouched]);
    await deleteFromShadow(ctx, keysOf(gone), []);
  }
}

function settleAll(ctx: ShadowContext, intents: readonly WriteIntent[]): void {
  const limit = pLimit(CONCURRENCY);
  for (const intent of intents)
    ctx.background.start('settle a failed delete', () => limit(() => settle(ctx, intent)));
}

/** One commit notes how it went and closes the intents under which it was done. */
async function deleteFromShadow(
  ctx: ShadowContext,
  keys: readonly string[],
  closing: readonly WriteIntent[],
): Promise<void> {
  if (!deletesBoth(ctx) || !seesShadow(ctx)) return ctx.ledger.batch.closeIntents(closing);
  const graves = await ctx.ledger.owedDeletes(keys);
  const { signal } = ctx.background;
  const isInTime = outlasting(ctx, closing);
  const answers = await deleteFromStore(ctx.shadow, [...graves.keys()], { signal, isInTime });
  const told = new Map<string, ShadowDelete>();
  for (const [key, generation] of graves) told.set(key, { generation, error: failureOf(answers.get(key)) });
  const failure = [...told].find(([, { error }]) => error !== undefined);
  if (failure)
    ctx.log.warn({ bucket: ctx.bucket, failure }, 'the shadow did not delete objects; it is tried again');
  const over = closing.filter(({ key }) => !mayStillBeDeleted(answers.get(key)));
  await ctx.ledger.batch.noteShadowDeletes(told, over);
}

/** Its intent is left to run out: the delete could hit the next write. */
const mayStillBeDeleted = (deletion: Deletion | undefined): boolean => deletion?.state === 'unanswered';

function failureOf(deletion: Deletion | undefined): string | undefined {
  if (deletion === undefined || deletion.state === 'gone') return undefined;
  if (deletion.state === 'refused') return `${deletion.code}: ${deletion.message}`;
  return messageOf(deletion.error);
}

const keysOf = (intents: readonly WriteIntent[]): string[] => intents.map(({ key }) => key);

/** Nothing was sent: the target did not tell whether it has the key, or the intent was lost meanwhile. */
const unsent = (error: unknown = heldUp()): Deletion => ({ state: 'unsent', error });

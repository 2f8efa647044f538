import type { S3Filter } from '../../s3/message.js';
import type { ListedObject } from '../../s3/xml/listing.js';
import { abortListeners } from '../../system/abort-listeners.js';
import { ask } from '../ask.js';
import { askShadow } from '../ask-shadow.js';
import type { ShadowContext } from '../context.js';
import { holdsReaders, seesShadow } from '../rungs.js';
import { type InTarget, lookInTarget } from '../view.js';
import { type CopyJob, copy, returnToken } from './copy.js';
import { copyAtOnce, mayCopyAtOnce } from './copy-at-once.js';
import { type CopyOutcome, failedCopy } from './copy-outcome.js';
import { goesInParts } from './in-parts.js';
import type { Copier } from './provenance.js';
import { layoutInRanges } from './ranged-parts.js';
import { ASKING_FOR_CHECKSUMS } from './source-checksum.js';
import { sourceObject } from './source-object.js';
import { isPlain, mayCopyWithin } from './within-target.js';

export interface MigrateOptions {
  /** What the copy names as its occasion; `read` unless given. */
  readonly as?: Copier['as'];
  /** The source's entry of a listing in which the target did not have the key: the target is not asked whether it has it, then. */
  readonly listed?: Pick<ListedObject, 'size' | 'etag'> | undefined;
  /** What stands before both stores for this copy alone. */
  readonly through?: { readonly target: S3Filter; readonly shadow: S3Filter } | undefined;
  /** Ends the wait, not the copy. Many may wait with one. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Brings one object from the shadow to the target unless the target has one of that name, by the same rules as a read (SWEEP).
 * A copy of the key that is under way is awaited instead. How many are made at once is for those to bound who wait for them. Rejects only with the
 * reason of `options.signal`.
 */
export function migrate(
  ctx: ShadowContext,
  key: string,
  { as = 'read', listed, through, signal }: MigrateOptions = {},
): Promise<CopyOutcome> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  const landed = ctx.flights.current(key)?.landed ?? begin(copyingContext(ctx, { as, through }), key, listed);
  return signal ? orAborted(landed, signal) : landed;
}

function begin(ctx: ShadowContext, key: string, listed: MigrateOptions['listed']): Promise<CopyOutcome> {
  const flight = ctx.flights.begin(key);
  const made = () => untilMade(ctx, key, migrateUnderToken(ctx, key, listed), listed);
  ctx.background.startUncounted('copy', async () =>
    flight.land(await ctx.aroundCopy({ key, as: ctx.copier.as }, made)),
  );
  return flight.landed;
}

type Copying = Required<Pick<MigrateOptions, 'as' | 'through'>>;

/** Of the copy that was begun last: those of a pass all have the same. */
const contexts = new WeakMap<ShadowContext, Copying & { readonly ctx: ShadowContext }>();

function copyingContext(ctx: ShadowContext, { as, through }: Copying): ShadowContext {
  const last = contexts.get(ctx);
  if (last?.as === as && last.through === through) return last.ctx;
  const copying = throughFilters(copyingAs(ctx, as), through);
  contexts.set(ctx, { as, through, ctx: copying });
  return copying;
}

function copyingAs(ctx: ShadowContext, as: Copier['as']): ShadowContext {
  if (as === ctx.copier.as) return ctx;
  const ledger = as === 'sweep' ? ctx.patientLedger : ctx.ledger;
  return { ...ctx, ledger, copier: { ...ctx.copier, as } };
}

const throughFilters = (ctx: ShadowContext, through: MigrateOptions['through']): ShadowContext =>
  through ? { ...ctx, target: through.target(ctx.target), shadow: through.shadow(ctx.shadow) } : ctx;

function orAborted<T>(outcome: Promise<T>, signal: AbortSignal): Promise<T> {
  const leavers = abortListeners(signal);
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    leavers.add(leave);
    outcome.then(resolve, reject).finally(() => leavers.delete(leave));
  });
}

/** An attempt for each thing that a target may refuse, for the parts of the source, and for uneven ones. */
const MAX_ATTEMPTS = 8;

/**
 * What a copy comes to in the end: one from whose failure something was learnt is made anew, under another token. Never rejects.
 */
export async function untilMade(
  ctx: ShadowContext,
  key: string,
  first: CopyOutcome | Promise<CopyOutcome>,
  listed?: MigrateOptions['listed'],
): Promise<CopyOutcome> {
  const outcome = await lastOf(first, () => migrateUnderToken(ctx, key, listed)).catch(failedCopy);
  if (outcome.state === 'copied' && ctx.copier.as === 'read') ctx.copiedByReads.note(outcome.bytes);
  ctx.onCopy?.(ctx.copier.as, outcome);
  return outcome;
}

async function lastOf(
  first: CopyOutcome | Promise<CopyOutcome>,
  again: () => Promise<CopyOutcome>,
): Promise<CopyOutcome> {
  let outcome = await first;
  for (let attempts = 1; attempts < MAX_ATTEMPTS; attempts += 1) {
    if (outcome.state !== 'failed' || !outcome.again) break;
    outcome = await again();
  }
  return outcome;
}

async function migrateUnderToken(
  ctx: ShadowContext,
  key: string,
  listed?: MigrateOptions['listed'],
): Promise<CopyOutcome> {
  const inTarget = await lookUnlessListed(ctx, key, listed);
  if (inTarget.state !== 'absent') return { state: inTarget.state };
  if (!seesShadow(ctx)) return { state: ctx.rung === 'opening' ? 'superseded' : 'absent' };
  // What is begun towards one target must not be left to be ended towards the other.
  if (holdsReaders(ctx)) return { state: 'superseded' };
  const outcome = mayCopyAtOnce(ctx, key, listed) ? await copyAtOnce(ctx, key) : undefined;
  if (outcome) return outcome;
  const { deleted, token } = await ctx.ledger.openCopy(key);
  if (deleted) return { state: 'deleted' };
  if (!token) return { state: 'superseded' };
  let held = true;
  try {
    const source = await openSource(ctx, key, listed);
    if (!source) return { state: 'absent' };
    held = false;
    return await copy(ctx, { key, token, ...source });
  } finally {
    if (held) await returnToken(ctx, token);
  }
}

/** From this size on (bytes) a source that goes in parts is read in ranges, several at once: a smaller one is soon read as one. */
const IN_RANGES_FROM = 64 * 1024 * 1024;

type OpenSource = Pick<CopyJob, 'source' | 'ranges' | 'isWithinTarget'>;

/** Undefined where the shadow has no such object. */
async function openSource(
  ctx: ShadowContext,
  key: string,
  listed: MigrateOptions['listed'],
): Promise<OpenSource | undefined> {
  const question = { key, headers: ASKING_FOR_CHECKSUMS, signal: ctx.background.signal };
  const isWithinTarget = listed !== undefined && mayCopyWithin(ctx, key, listed);
  const isLarge = listed !== undefined && listed.size >= IN_RANGES_FROM && goesInParts(ctx, listed);
  if (isWithinTarget || isLarge) {
    const source = await askShadow(ctx, ask('HeadObject', { ...question, method: 'HEAD' }));
    if (!source) return undefined;
    const found = sourceObject(key, source);
    if (isWithinTarget && mayCopyWithin(ctx, key, found) && isPlain(source))
      return { source, isWithinTarget };
    const ranges = isLarge ? await layoutInRanges(ctx, found, ctx.background.signal) : undefined;
    if (ranges) return { source, ranges };
  }
  const source = await askShadow(ctx, ask('GetObject', question));
  return source && { source };
}
/**
 * READ step 1. A listing says as much, however old: what was written since is found when the copy is to be committed, as it is after a look. But a listing
 * does not show delete markers, and one in the target is final.
 */
async function lookUnlessListed(
  ctx: ShadowContext,
  key: string,
  listed: MigrateOptions['listed'],
): Promise<InTarget> {
  const { signal } = ctx.background;
  const isTold = listed && !(await ctx.learnt.hasVersions.value(signal));
  return isTold ? { state: 'absent' } : lookInTarget(ctx, key, signal);
}

import { setMaxListeners } from 'node:events';
import { BackendUnavailable } from '../../backends/backend.js';
import type { S3Service } from '../../s3/message.js';
import { KnownLayouts } from '../../shadow/copying/known-layouts.js';
import type { Ledger } from '../../state/ledger.js';
import type { Clock } from '../../system/clock.js';
import type { Row } from '../row.js';
import { claimsOf, compareClaims, compareListed, sizesDiffer } from './claims.js';
import { compareContent } from './content.js';
import { explain } from './explain-difference.js';
import { differingMetadata } from './metadata.js';
import { recompute, type Side } from './recompute.js';
import { ABSENT, asListed, isSameSight, look, type Seen, type SeenObject, type Sight } from './sight.js';
import {
  type Compared,
  different,
  type Judgement,
  type Level,
  type Result,
  storeFailed,
  unverifiable,
  type Verified,
} from './verified.js';

export interface VerifierOptions {
  readonly target: S3Service;
  readonly shadow: S3Service;
  /** What is known of each key: whether clients deleted it, or are writing it. */
  readonly ledger: Pick<Ledger, 'record'>;
  /** Whether the bucket's copies carry their provenance, so that what has none is what clients wrote. */
  readonly provenance: boolean;
  /** The `sourceId` of the shadow. */
  readonly from: string;
  /** Whether clients write to both stores. */
  readonly writeThrough: boolean;
  readonly level: Level;
  readonly signal: AbortSignal;
  /** Where clients write to both stores: what looks wrong is looked at again for a time, and longer while a write of the key is not settled or a store fails. */
  readonly clock?: Clock | undefined;
}

type Verifying = VerifierOptions & { readonly layouts: KnownLayouts };

/**
 * Verifies keys one by one, many side by side. What looks wrong in a listing, or in between two requests, may be a client's write under way: it is looked at
 * once more, and only told when both stores still have what they had.
 *
 * @returns rejects with the reason of `options.signal` or of the key's own, or KvUnavailable; a store that fails for a key makes it `unverifiable`
 */
export function createVerifier(
  options: VerifierOptions,
): (row: Row, signal?: AbortSignal) => Promise<Verified> {
  setMaxListeners(0, options.signal);
  const layouts = new KnownLayouts();
  return async (row, signal = options.signal) => {
    const ctx = { ...options, layouts, signal };
    for (let waited = 0; ; ) {
      const verified = await attempt(ctx, row);
      const pause = pauseAfter(verified, waited);
      if (!ctx.writeThrough || !ctx.clock || pause === undefined) return verified;
      await ctx.clock.sleep(pause, signal);
      waited += pause;
    }
  };
}

async function attempt(ctx: Verifying, row: Row): Promise<Verified> {
  try {
    return await verify(ctx, row);
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (!(error instanceof BackendUnavailable)) throw error;
    return told(ctx, row.key, { sight: asRow(row), judgement: storeFailed(error.message) });
  }
}

/** How long what looks wrong is looked at again, ms; and what will pass: a write that a gateway left half-way when it died, until others have settled it; a store that fails. */
const PATIENCE_MS = 2_000;
const LONG_PATIENCE_MS = 300_000;
const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Before a key is looked at once more, ms; undefined where what was found holds. */
function pauseAfter({ result, reason, isStoreFailing }: Verified, waited: number): number | undefined {
  const isPassing = reason === BEING_WRITTEN.reason || isStoreFailing === true;
  if (!isPassing && !ALARMING.has(result)) return undefined;
  const pause = Math.min(Math.max(waited, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
  return waited + pause > (isPassing ? LONG_PATIENCE_MS : PATIENCE_MS) ? undefined : pause;
}

/** So often a key is looked at that is another one each time. */
const MAX_LOOKS = 3;

const ALARMING: ReadonlySet<Result> = new Set<Result>(['different', 'missing', 'extra']);

const isAlarm = ({ result }: Judgement): boolean => ALARMING.has(result);

async function verify(ctx: Verifying, row: Row): Promise<Verified> {
  const { key } = row;
  let seen = asRow(row);
  const listed = byListing(ctx, row, seen);
  if (listed && !isAlarm(listed)) return told(ctx, key, { sight: seen, judgement: listed });
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    const now = await lookAgain(ctx, row);
    const judged = await judge(ctx, key, now);
    const isSettled = judged !== 'moved' && (!isAlarm(judged) || isSameSight(seen, now));
    if (isSettled) {
      const judgement = isAlarm(judged) ? await settle(ctx, key, { sight: now, judgement: judged }) : judged;
      return told(ctx, key, { sight: now, judgement });
    }
    seen = now;
  }
  return told(ctx, key, { sight: seen, judgement: BEING_WRITTEN });
}

const BEING_WRITTEN = unverifiable('it is being written');

const asRow = ({ source, target }: Row): Sight => ({ source: asListed(source), target: asListed(target) });

/** What the listings alone tell of it; undefined where more has to be asked. */
function byListing(
  { level }: Verifying,
  { isDeleted }: Row,
  { source, target }: Sight,
): Judgement | undefined {
  if (target.state === 'absent' && isDeleted) return { result: 'deleted' };
  if (level !== 'listing' || source.state !== 'present' || target.state !== 'present') return undefined;
  return compareListed(source, target);
}

/** T before S. What clients wrote to the target alone the shadow need not have, so it is not asked for that. */
async function lookAgain({ target, shadow, writeThrough, signal }: Verifying, row: Row): Promise<Sight> {
  const inTarget = await look(target, row.key, signal);
  const isOfShadow = row.source !== undefined || writeThrough;
  return { target: inTarget, source: isOfShadow ? await look(shadow, row.key, signal) : ABSENT };
}

async function judge(ctx: Verifying, key: string, { source, target }: Sight): Promise<Compared> {
  if (target.state === 'unknown') return storeFailed(`the target ${target.reason}`);
  if (source.state === 'unknown') return storeFailed(`the shadow ${source.reason}`);
  if (target.state === 'present')
    return source.state === 'present' ? compare(ctx, key, { source, target }) : { result: 'extra' };
  if (source.state === 'absent') return { result: 'deleted', reason: 'it went from both stores meanwhile' };
  return target.isMarked
    ? { result: 'deleted', reason: 'the target has a delete marker' }
    : { result: 'missing', reason: 'the target does not have it' };
}

interface Both {
  readonly source: SeenObject;
  readonly target: SeenObject;
}

async function compare(ctx: Verifying, key: string, { source, target }: Both): Promise<Compared> {
  if (ctx.level === 'listing') return compareListed(source, target);
  if (source.size !== target.size) return sizesDiffer(source, target);
  const names = differingMetadata(source.headers ?? {}, target.headers ?? {});
  if (names.length > 0) return different(`their metadata differs: ${names.join(', ')}`);
  const from: Side = { name: 'shadow', store: ctx.shadow, seen: source, claims: claimsOf(source) };
  const to: Side = { name: 'target', store: ctx.target, seen: target, claims: claimsOf(target) };
  const comparing = { key, layouts: ctx.layouts, signal: ctx.signal };
  const judged =
    ctx.level === 'content'
      ? undefined
      : (compareClaims(from.claims, to.claims) ?? (await recompute(comparing, from, to)));
  return judged ?? compareContent(comparing, from, to);
}

interface Found {
  readonly sight: Sight;
  readonly judgement: Judgement;
}

/** An alarm that was seen twice: what the state knows of the key, and where the target's object is from. */
async function settle(ctx: Verifying, key: string, { sight, judgement }: Found): Promise<Judgement> {
  const { intents, tombstone } = await ctx.ledger.record(key);
  if (intents.length > 0) return BEING_WRITTEN;
  if (judgement.result === 'missing') return tombstone ? { result: 'deleted' } : judgement;
  return sight.target.state === 'present'
    ? explain(ctx, key, { ...sight, target: sight.target, judgement })
    : judgement;
}

function told({ level }: Verifying, key: string, { sight, judgement }: Found): Verified {
  const [source, target] = [presentIn(sight.source), presentIn(sight.target)];
  const { result, hash, reason, isStoreFailing } = judgement;
  return {
    key,
    size: (target ?? source)?.size ?? 0,
    sourceETag: source?.etag,
    targetETag: target?.etag,
    hash,
    level,
    result,
    reason,
    ...(isStoreFailing && { isStoreFailing }),
  };
}

const presentIn = (seen: Seen): SeenObject | undefined => (seen.state === 'present' ? seen : undefined);

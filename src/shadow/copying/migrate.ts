import { ask } from '../ask.js';
import { askShadow } from '../ask-shadow.js';
import type { ShadowContext } from '../context.js';
import { seesShadow } from '../rungs.js';
import { lookInTarget } from '../view.js';
import { copy, dropToken } from './copy.js';
import { type CopyOutcome, failedCopy } from './copy-outcome.js';
import { ASKING_FOR_CHECKSUMS } from './source-checksum.js';

/**
 * Brings one object from the shadow to the target unless the target has one of that name, by the same rules as a read (SWEEP).
 * A copy of the key that is under way is awaited instead. Never rejects.
 */
export function migrate(ctx: ShadowContext, key: string): Promise<CopyOutcome> {
  const current = ctx.flights.current(key);
  if (current) return current.landed;
  const flight = ctx.flights.begin(key);
  ctx.background.start('copy', async () =>
    flight.land(await untilMade(ctx, key, migrateUnderToken(ctx, key))),
  );
  return flight.landed;
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
): Promise<CopyOutcome> {
  try {
    let outcome = await first;
    for (let attempts = 1; attempts < MAX_ATTEMPTS; attempts += 1) {
      if (outcome.state !== 'failed' || !outcome.again) return outcome;
      outcome = await migrateUnderToken(ctx, key);
    }
    return outcome;
  } catch (error) {
    return failedCopy(error);
  }
}

async function migrateUnderToken(ctx: ShadowContext, key: string): Promise<CopyOutcome> {
  const { signal } = ctx.background;
  const inTarget = await lookInTarget(ctx, key, signal);
  if (inTarget.state !== 'absent') return { state: inTarget.state };
  if (!seesShadow(ctx)) return { state: ctx.rung === 'opening' ? 'superseded' : 'absent' };
  const { deleted, token } = await ctx.ledger.openCopy(key);
  if (deleted) return { state: 'deleted' };
  if (!token) return { state: 'superseded' };
  let held = true;
  try {
    const source = await askShadow(ctx, ask('GetObject', { key, headers: ASKING_FOR_CHECKSUMS, signal }));
    if (!source) return { state: 'absent' };
    held = false;
    return await copy(ctx, { key, token, source });
  } finally {
    if (held) await dropToken(ctx, token);
  }
}

import type { WriteIntent } from '../../state/write-intent.js';
import type { ShadowContext } from '../context.js';
import { excludesWriters } from '../rungs.js';
import { beforeWriting } from '../under-intent.js';
import { isInShadow, isInTarget } from '../view.js';

/**
 * COLLECTING: a grace after the shadow was emptied nobody is left who saw its object, and the tombstone is removed if neither store has
 * one. T has the key -> the tombstone stays for good. S has it again, as a write left it that failed -> it is deleted once more.
 */
export async function collectTombstone(ctx: ShadowContext, key: string): Promise<void> {
  const generation = await ctx.ledger.collectable(key);
  if (generation === undefined) return;
  if (!excludesWriters(ctx)) return endGrace(ctx, { key, generation });
  const intent = await ctx.ledger.openIntent(key, 'exclusive');
  await beforeWriting(ctx, intent, () => endGrace(ctx, { key, generation }, intent));
  await ctx.ledger.closeIntent(intent);
}

async function endGrace(
  ctx: ShadowContext,
  { key, generation }: { readonly key: string; readonly generation: string },
  intent?: WriteIntent,
): Promise<void> {
  const { signal } = ctx.background;
  const found = (await isInTarget(ctx, key, signal))
    ? 'in target'
    : (await isInShadow(ctx, key, signal))
      ? 'in shadow'
      : 'nothing';
  await ctx.ledger.endGrace(key, { generation, found, ...(intent && { under: intent }) });
}

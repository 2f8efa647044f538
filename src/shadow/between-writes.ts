import { discard } from '../s3/body.js';
import type { S3Request, S3Response } from '../s3/message.js';
import { KeyBusy } from '../state/ledger.js';
import type { ShadowContext } from './context.js';
import { holdsReaders } from './rungs.js';
import { withinGrace } from './shadow-look.js';

/** How often a key is read anew of which a write failed meanwhile. */
const ATTEMPTS = 8;

export interface Reading<T> {
  read(): Promise<T>;
  /** What becomes of what was read too early. */
  drop(read: T): void;
}

/**
 * Reads what is of one key while nobody writes it: waits while an intent is open, and reads anew when one is open at the end, or a failed write was
 * settled meanwhile. A write that came and succeeded in between may be seen or not.
 *
 * @throws KeyBusy when the key is written for too long
 */
export async function betweenWrites<T>(
  ctx: ShadowContext,
  key: string,
  { read, drop }: Reading<T>,
): Promise<T> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const before = await ctx.ledger.unwritten(key);
    const seen = await withinGrace(ctx, async () => {
      const answer = await read();
      return { answer, isUndisturbed: await ctx.ledger.isUnwrittenSince(key, before) };
    });
    if (seen.isUndisturbed) return seen.answer;
    drop(seen.answer);
  }
  throw new KeyBusy(`key ${JSON.stringify(key)} is being written`);
}

type Rule = (ctx: ShadowContext, request: S3Request) => Promise<S3Response>;

/** The rule of a read of one object, on any rung. */
export const waitingForWriters =
  (rule: Rule): Rule =>
  (ctx, request) =>
    holdsReaders(ctx)
      ? betweenWrites(ctx, request.key, {
          read: () => rule(ctx, request),
          drop: ({ body }) => discard(body),
        })
      : rule(ctx, request);

import { S3Error } from '../s3/errors.js';
import type { ShadowContext } from './context.js';

/**
 * What looks at the shadow first and at the tombstones later has to have seen both before a tombstone can go that was there at the first look
 * (COLLECTING): so it has less time than the grace.
 *
 * @throws S3Error SlowDown when it took longer
 */
export async function withinGrace<T>(ctx: ShadowContext, look: () => Promise<T>): Promise<T> {
  const begun = ctx.clock.now();
  const seen = await look();
  if (ctx.clock.now() - begun <= ctx.ledger.lookMs) return seen;
  throw new S3Error('SlowDown', 'The stores took too long to tell what is there. Please try again.', {
    headers: { 'retry-after': '1' },
  });
}

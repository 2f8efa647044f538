import { createHash } from 'node:crypto';
import { isPlainMd5 } from './claims.js';
import { readWhole } from './read-whole.js';
import type { Recomputing, Side } from './recompute.js';
import { isSameETag } from './sight.js';
import { type Compared, different, storeFailed } from './verified.js';

/**
 * Reads both sides, at once and as streams, and compares their SHA-256; what a store has by one PUT is held against its ETag on the way.
 *
 * @throws the signal's reason
 */
export async function compareContent(ctx: Recomputing, source: Side, target: Side): Promise<Compared> {
  const [one, other] = await Promise.all([digest(ctx, source), digest(ctx, target)]);
  if (!('sha256' in one)) return one.instead;
  if (!('sha256' in other)) return other.instead;
  if (one.sha256 !== other.sha256) return different('their bytes differ');
  return { result: 'same', hash: { algorithm: 'sha256', value: one.sha256 } };
}

/** In hexadecimal; or what is to be told in place of a comparison. */
type Digest = { readonly sha256: string } | { readonly instead: Compared };

async function digest({ key, signal }: Recomputing, { name, store, seen, claims }: Side): Promise<Digest> {
  const sha256 = createHash('sha256');
  const md5 = claims.whole.has('md5') && isPlainMd5(seen.etag) ? createHash('md5') : undefined;
  const came = await readWhole({ store, key, seen, signal }, md5 ? [sha256, md5] : [sha256]);
  if (came === 'moved') return { instead: came };
  if (came !== 'read') return { instead: storeFailed(`the ${name} ${came.failed}`) };
  const isKept = md5 === undefined || isSameETag(md5.digest('hex'), seen.etag);
  if (isKept) return { sha256: sha256.digest('hex') };
  return { instead: different(`the bytes that the ${name} sends are not those of its ETag`) };
}

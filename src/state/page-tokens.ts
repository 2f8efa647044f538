import { z } from 'zod';
import { fromUrlSafe, type Sealer, toUrlSafe } from './sealing.js';

/** A target's own token, and which bucket of which backend that is. */
export interface OwnToken {
  readonly target: string;
  readonly token: string;
}

/** Where a page of ListObjectsV2 ended. */
export interface PageEnd {
  /** The last name that was listed; undefined when none was. */
  readonly after?: string | undefined;
  /** How the target itself goes on, where it alone was listed. */
  readonly own?: OwnToken | undefined;
}

/**
 * Continuation tokens of one bucket. All that is known of the page is sealed in the token itself, so that it holds on any gateway, after any
 * restart, and whether the bucket has a shadow or not.
 */
export interface PageTokens {
  /** URL-safe. */
  seal(end: PageEnd): string;
  /** @throws SealBroken when it is forged, or belongs to another bucket */
  open(token: string): PageEnd;
}

const endSchema = z.object({
  after: z.string().optional(),
  own: z.object({ target: z.string(), token: z.string() }).optional(),
});

/** @param bucketId is stable for the life of the bucket, whatever its stores */
export function createPageTokens(sealer: Sealer, bucketId: string): PageTokens {
  const context = `listing/${bucketId}`;
  return {
    seal: (end) => toUrlSafe(sealer.seal(JSON.stringify(end), context)),
    open: (token) => endSchema.parse(JSON.parse(sealer.open(fromUrlSafe(token), context))),
  };
}

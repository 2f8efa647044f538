import type { ShadowContext } from '../context.js';
import { writersAnnounce } from '../judging.js';
import { maxSinglePut, partCount } from './part-layout.js';
import type { SourceObject } from './source-object.js';

type Target = Pick<ShadowContext, 'conditionalWrites' | 'encrypted' | 'rung' | 'isConfirmed'>;

/**
 * Whether an object is copied in parts: one that was uploaded so, in the same parts, so that its ETag stays; but only onto a target that honours
 * `If-None-Match` when it completes them, since that is what keeps plain writers free of state. And one that is too long for a single PUT.
 */
export const goesInParts = (ctx: Target, object: Pick<SourceObject, 'etag' | 'size'>): boolean =>
  (partCount(object) !== undefined && ctx.conditionalWrites.complete) ||
  (object.size > maxSinglePut(ctx) && canCopyInParts(ctx));

/**
 * A copy in parts must not replace what clients write meanwhile: T refuses it, or every writer announces itself, on this rung and on those
 * on which other gateways may still be.
 */
const canCopyInParts = (ctx: Target): boolean => ctx.conditionalWrites.complete || writersAnnounce(ctx);

import type { ShadowContext } from '../context.js';
import { CopyAnew, CopyFailed } from './copy-outcome.js';
import type { KnownLayouts } from './known-layouts.js';
import type { Loss } from './loss.js';
import type { PartHashes } from './part-hashes.js';
import { allPartSizes, compositeETag, evenParts, type PartLayout, partCount } from './part-layout.js';
import { hasDigests, type SourceObject } from './source-object.js';

/** The parts of a copy as the target has them, and what else was found out on the way. */
export interface SentParts {
  readonly layout: PartLayout;
  readonly partETags: readonly string[];
  /** Whether those are MD5s. */
  readonly digests: boolean;
  /** Of the layouts that the source may have had instead. */
  readonly hashes: readonly PartHashes[];
}

/**
 * Whether the parts that were sent make the source's ETag; if not, what is lost.
 *
 * @throws CopyAnew when they do not and those that do are known now; CopyFailed when they are the source's, and the bytes therefore are not
 */
export async function proveETag(
  ctx: Pick<ShadowContext, 'shadow'> & { readonly layouts: KnownLayouts },
  object: SourceObject,
  { sent, signal }: { readonly sent: SentParts; readonly signal: AbortSignal },
): Promise<readonly Loss[]> {
  const { layout, partETags } = sent;
  if (partCount(object) === undefined) return lost('larger than one PUT can be');
  if (!sent.digests || !hasDigests(object.headers))
    return lost('no hash of the bytes in one of the stores (encryption)');
  const made = compositeETag(partETags);
  if (made === object.etag) {
    ctx.layouts.favour(layout.partSizes);
    return [];
  }
  if (layout.known === 'first-told') return learnAllParts(ctx, object, signal);
  if (layout.known !== 'guessed') {
    ctx.layouts.forget(object);
    throw new CopyFailed(`parts make ${made}, the source is ${object.etag}`);
  }
  if (sent.hashes.length < layout.others.length) {
    ctx.layouts.doubt(object);
    throw new CopyAnew('the parts of the source are not those that others have');
  }
  const found = sent.hashes.find((hashes) => hashes.etag() === object.etag);
  if (!found) return lost('the parts of the source are not told, and no usual ones make its ETag');
  ctx.layouts.learn(object, { partSizes: evenParts(object.size, found.partSize), isTold: false });
  throw new CopyAnew(`the parts of the source have ${found.partSize} bytes`);
}

async function learnAllParts(
  ctx: Pick<ShadowContext, 'shadow'> & { readonly layouts: KnownLayouts },
  object: SourceObject,
  signal: AbortSignal,
): Promise<never> {
  const partSizes = await allPartSizes(ctx.shadow, object, signal);
  if (!partSizes) throw new CopyFailed('the source does not tell its parts');
  ctx.layouts.learn(object, { partSizes, isTold: true });
  throw new CopyAnew('the parts of the source differ in size');
}

const lost = (reason: string): readonly Loss[] => [{ what: 'etag', reason }];

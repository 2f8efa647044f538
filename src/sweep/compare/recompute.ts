import { type ChecksumAlgorithm, createChecksum } from '../../s3/checksums.js';
import type { S3Service } from '../../s3/message.js';
import type { KnownLayouts } from '../../shadow/copying/known-layouts.js';
import { allPartSizes, evenParts, findLayout } from '../../shadow/copying/part-layout.js';
import type { SourceObject } from '../../shadow/copying/source-object.js';
import { type Claims, inHex } from './claims.js';
import { PartsETag } from './parts-etag.js';
import { type Reading, readWhole } from './read-whole.js';
import { isSameETag, type SeenObject, unquoted } from './sight.js';
import { type Compared, different, type Judgement, storeFailed, unverifiable } from './verified.js';

/** One store's object, and what the store says of it. */
export interface Side {
  readonly name: 'shadow' | 'target';
  readonly store: S3Service;
  readonly seen: SeenObject;
  readonly claims: Claims;
}

export interface Recomputing {
  readonly key: string;
  readonly layouts: KnownLayouts;
  readonly signal: AbortSignal;
}

/**
 * Reads one side once, and hashes it as the other has hashed its own: the target as the source, or the source as the target where that says nothing. Undefined
 * where neither does.
 *
 * @throws BackendUnavailable, the signal's reason
 */
export async function recompute(ctx: Recomputing, source: Side, target: Side): Promise<Compared | undefined> {
  const [ofSource] = source.claims.whole;
  if (ofSource) return byWhole(ctx, target, ofSource);
  if (source.claims.ofParts !== undefined) return byParts(ctx, target, source);
  const [ofTarget] = target.claims.whole;
  if (ofTarget) return byWhole(ctx, source, ofTarget);
  if (target.claims.ofParts !== undefined) return byParts(ctx, source, target);
  return undefined;
}

const reading = ({ key, signal }: Recomputing, { store, seen }: Side): Reading => ({
  store,
  key,
  seen,
  signal,
});

const broken = ({ name }: Side, failed: string): Judgement => storeFailed(`the ${name} ${failed}`);

async function byWhole(
  ctx: Recomputing,
  read: Side,
  [algorithm, value]: [ChecksumAlgorithm, string],
): Promise<Compared> {
  const checksum = createChecksum(algorithm);
  const came = await readWhole(reading(ctx, read), [checksum]);
  if (came === 'moved') return came;
  if (came !== 'read') return broken(read, came.failed);
  if (inHex(checksum.digest()) === value) return { result: 'same', hash: { algorithm, value } };
  return different(`the ${algorithm} of the ${read.name}'s bytes is not that of the other side`);
}

/** By the ETag that `owner` has of parts, whose sizes it tells, or which are guessed and found by the hash. */
async function byParts(ctx: Recomputing, read: Side, owner: Side): Promise<Compared> {
  const { etag, size, headers = {} } = owner.seen;
  const object: SourceObject = { key: ctx.key, etag, size, headers };
  const layout = await findLayout({ shadow: owner.store, layouts: ctx.layouts }, object, ctx.signal);
  const guesses = [layout.partSizes, ...layout.others.map((partSize) => evenParts(size, partSize))];
  const found = await inParts(ctx, read, { etag, guesses });
  if (found) return found;
  if (layout.known === 'told' || layout.known === 'proven') return PARTS_DIFFER;
  const told =
    layout.known === 'first-told' ? await allPartSizes(owner.store, object, ctx.signal) : undefined;
  if (told) return (await inParts(ctx, read, { etag, guesses: [told] })) ?? PARTS_DIFFER;
  return unverifiable(
    `the parts of the ${owner.name}'s object are not told, and no usual ones make its ETag`,
  );
}

const PARTS_DIFFER = different('the bytes of one side do not make the ETag of the other in its parts');

/** Whether the bytes make that ETag in one of the layouts; undefined where they do not. */
async function inParts(
  ctx: Recomputing,
  read: Side,
  { etag, guesses }: { readonly etag: string; readonly guesses: readonly (readonly number[])[] },
): Promise<Compared | undefined> {
  const hashes = guesses.map((partSizes) => new PartsETag(partSizes));
  const came = await readWhole(reading(ctx, read), hashes);
  if (came === 'moved') return came;
  if (came !== 'read') return broken(read, came.failed);
  const found = guesses[hashes.findIndex((hash) => isSameETag(hash.etag(), etag))];
  if (!found) return undefined;
  ctx.layouts.favour(found);
  return { result: 'same', hash: { algorithm: 'etag', value: unquoted(etag) } };
}

import { createHash } from 'node:crypto';
import { discard } from '../../s3/body.js';
import { ask } from '../ask.js';
import type { ShadowContext } from '../context.js';
import type { KnownLayouts } from './known-layouts.js';
import { hasDigests, type SourceObject } from './source-object.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** "Amazon S3 multipart upload limits": one PUT takes 5 GiB; a part that is not the last has 5 MiB; 10,000 parts. */
export const MAX_SINGLE_PUT = 5 * GIB;
/** More than encryption by the gateway adds to it. */
const ENCRYPTION = 4 * MIB;
const MIN_PART = 5 * MIB;
const MAX_PARTS = 10_000;

/** Part sizes that common clients use, in MiB and in MB. */
const USUAL_MIB = [5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 256, 512, 1024];
const USUAL_MB = [10, 15, 20, 25, 50, 100];
/** Clients that choose by the size of the object round up to so much. */
const STEPS = [16 * MIB, MIB, 1];

/** Each costs an MD5 of all bytes. */
const MAX_CANDIDATES = 8;

/** The longest object that the target takes by one PUT, bytes. */
export const maxSinglePut = ({ encrypted }: Pick<ShadowContext, 'encrypted'>): number =>
  encrypted.target ? MAX_SINGLE_PUT - ENCRYPTION : MAX_SINGLE_PUT;

/** How an object is cut into parts. */
export interface PartLayout {
  /** Bytes, in order. */
  readonly partSizes: readonly number[];
  /**
   * How it is known to be the source's: all its parts were told, or the first; its hash was found to be the source's; it is guessed, and
   * `others` fit as well; or the source was not uploaded in parts, or tells no hash to prove it by, or the target takes others only.
   */
  readonly known: 'told' | 'first-told' | 'proven' | 'guessed' | 'unprovable';
  /** Sizes of all parts but the last. */
  readonly others: readonly number[];
}

/** The number of parts that the object was uploaded in, by its ETag; undefined for a single PUT. */
export function partCount({ etag }: Pick<SourceObject, 'etag'>): number | undefined {
  const count = /^"?[0-9a-f]{32}-(\d{1,5})"?$/.exec(etag)?.[1];
  return count ? Number(count) : undefined;
}

/**
 * The parts of a copy: the source's, so that the ETag stays; one that the target takes where that is encrypted by the gateway, and the ETag is another in any
 * case.
 */
export function layoutOfCopy(
  { encrypted, shadow, learnt: { layouts } }: Pick<ShadowContext, 'encrypted' | 'shadow' | 'learnt'>,
  object: SourceObject,
  signal: AbortSignal,
): PartLayout | Promise<PartLayout> {
  if (encrypted.target) return even(object.size, largeObjectPartSize(object.size), 'unprovable');
  return findLayout({ shadow, layouts }, object, signal);
}

/** The source's own layout where it is known or the source tells it (HEAD with partNumber), else the likeliest one. */
export async function findLayout(
  { shadow, layouts }: Pick<ShadowContext, 'shadow'> & { readonly layouts: KnownLayouts },
  object: SourceObject,
  signal: AbortSignal,
): Promise<PartLayout> {
  const { size } = object;
  const parts = partCount(object);
  if (parts === undefined) return even(size, largeObjectPartSize(size), 'unprovable');
  const known = layouts.of(object);
  if (known) return { partSizes: known.partSizes, known: known.isTold ? 'told' : 'proven', others: [] };
  const first = await partSizeOf(shadow, object, { partNumber: 1, parts, signal });
  if (first !== undefined && fits(size, parts, first)) return even(size, first, 'first-told');
  const told = first === undefined ? undefined : await allPartSizes(shadow, object, signal);
  if (told) return { partSizes: told, known: 'told', others: [] };
  const [likeliest = fallback(size, parts), ...others] = candidates(size, parts, layouts.recent);
  return { ...even(size, likeliest, hasDigests(object.headers) ? 'guessed' : 'unprovable'), others };
}

/** What the source says of its part; undefined where it knows of no parts. */
async function partSizeOf(
  shadow: ShadowContext['shadow'],
  { key, etag }: SourceObject,
  asked: { readonly partNumber: number; readonly parts: number; readonly signal: AbortSignal },
): Promise<number | undefined> {
  const query = [['partNumber', String(asked.partNumber)]] as const;
  const answer = await shadow(ask('HeadObject', { method: 'HEAD', key, query, signal: asked.signal }));
  discard(answer.body);
  const { 'x-amz-mp-parts-count': count, 'content-length': length, etag: now } = answer.headers;
  const isTold = count === String(asked.parts) && now === etag && Number.isSafeInteger(Number(length));
  return isTold ? Number(length) : undefined;
}

/** So many parts are asked for at once. */
const AT_ONCE = 16;

/** The sizes of all parts, each asked for; undefined where the source does not tell, or they do not make the object. */
export async function allPartSizes(
  shadow: ShadowContext['shadow'],
  object: SourceObject,
  signal: AbortSignal,
): Promise<readonly number[] | undefined> {
  const parts = partCount(object) ?? 0;
  if (parts > MAX_PARTS) return undefined;
  const sizes: number[] = [];
  while (sizes.length < parts) {
    const asked = Array.from({ length: Math.min(AT_ONCE, parts - sizes.length) }, (_, index) =>
      partSizeOf(shadow, object, { partNumber: sizes.length + index + 1, parts, signal }),
    );
    const told = (await Promise.all(asked)).filter((size) => size !== undefined);
    if (told.length < asked.length) return undefined;
    sizes.push(...told);
  }
  return sizes.reduce((sum, size) => sum + size, 0) === object.size ? sizes : undefined;
}

/** The part sizes that give so many parts, the likeliest first: those found lately, the usual ones, and even splits. */
export function candidates(size: number, parts: number, recent: readonly number[] = []): number[] {
  if (parts === 1) return [Math.max(size, 1)];
  const usual = [...USUAL_MIB.map((count) => count * MIB), ...USUAL_MB.map((count) => count * 1_000_000)];
  const splits = STEPS.map((step) => Math.ceil(size / parts / step) * step);
  const fitting = [...recent, ...usual, ...splits].filter((partSize) => fits(size, parts, partSize));
  return [...new Set(fitting)].slice(0, MAX_CANDIDATES);
}

/** For parts of which no even layout has so many. */
const fallback = (size: number, parts: number): number =>
  Math.max(Math.ceil(size / parts / MIB) * MIB, MIN_PART);

const largeObjectPartSize = (size: number): number =>
  Math.max(64 * MIB, Math.ceil(size / MAX_PARTS / MIB) * MIB);

const fits = (size: number, parts: number, partSize: number): boolean =>
  partSize > 0 && (parts === 1 || partSize >= MIN_PART) && Math.max(1, Math.ceil(size / partSize)) === parts;

function even(size: number, partSize: number, known: PartLayout['known']): PartLayout {
  const count = Math.max(1, Math.ceil(size / partSize));
  return { partSizes: evenParts(size, partSize, count), known, others: [] };
}

/** The sizes of parts of one size, the last being what is left. */
export const evenParts = (size: number, partSize: number, count = Math.ceil(size / partSize)): number[] =>
  Array.from({ length: count }, (_, index) => Math.min(partSize, size - index * partSize));

/** The ETag of an object made of parts: the MD5 of the parts' MD5s, and their number. */
export function compositeETag(partETags: readonly string[]): string {
  const digest = createHash('md5');
  for (const etag of partETags) digest.update(Buffer.from(etag.replaceAll('"', ''), 'hex'));
  return `"${digest.digest('hex')}-${partETags.length}"`;
}

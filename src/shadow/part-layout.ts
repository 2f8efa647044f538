import { createHash } from 'node:crypto';
import { discard } from '../s3/body.js';
import { ask } from './ask.js';
import type { ShadowContext } from './context.js';
import type { SourceObject } from './source-object.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** "Amazon S3 multipart upload limits": one PUT takes 5 GiB; a part that is not the last has 5 MiB; 10,000 parts. */
export const MAX_SINGLE_PUT = 5 * GIB;
const MIN_PART = 5 * MIB;
const MAX_PARTS = 10_000;

/** Part sizes that common clients use, in MiB. */
const USUAL_PART_SIZES = [5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 256, 512, 1024];

/** How an object is cut: parts of `partSize` bytes, the last one shorter. */
export interface PartLayout {
  readonly partSize: number;
  /** The source said so itself, hence the copy's ETag must come out the same. */
  readonly reported: boolean;
}

/** The number of parts that the object was uploaded in, by its ETag; undefined for a single PUT. */
export function partCount({ etag }: SourceObject): number | undefined {
  const count = /^"?[0-9a-f]{32}-(\d{1,5})"?$/.exec(etag)?.[1];
  return count ? Number(count) : undefined;
}

/** The source's own layout where it tells (HEAD with partNumber), else the likeliest one. */
export async function findLayout(
  ctx: Pick<ShadowContext, 'shadow'>,
  object: SourceObject,
  signal: AbortSignal,
): Promise<PartLayout> {
  const parts = partCount(object);
  if (parts === undefined) return { partSize: largeObjectPartSize(object.size), reported: false };
  const answer = await ctx.shadow(
    ask('HeadObject', { method: 'HEAD', key: object.key, query: [['partNumber', '1']], signal }),
  );
  discard(answer.body);
  const partSize = Number(answer.headers['content-length']);
  const reported =
    answer.headers['x-amz-mp-parts-count'] === String(parts) && fits(object.size, parts, partSize);
  return reported
    ? { partSize, reported }
    : { partSize: likelyPartSize(object.size, parts), reported: false };
}

export function likelyPartSize(size: number, parts: number): number {
  const usual = USUAL_PART_SIZES.map((mebibytes) => mebibytes * MIB);
  const even = Math.ceil(size / parts / MIB) * MIB;
  return usual.find((partSize) => fits(size, parts, partSize)) ?? Math.max(even, MIN_PART);
}

const largeObjectPartSize = (size: number): number =>
  Math.max(64 * MIB, Math.ceil(size / MAX_PARTS / MIB) * MIB);

const fits = (size: number, parts: number, partSize: number): boolean =>
  partSize > 0 && (parts === 1 || partSize >= MIN_PART) && Math.max(1, Math.ceil(size / partSize)) === parts;

/** The ETag of an object made of parts: the MD5 of the parts' MD5s, and their number. */
export function compositeETag(partETags: readonly string[]): string {
  const digest = createHash('md5');
  for (const etag of partETags) digest.update(Buffer.from(etag.replaceAll('"', ''), 'hex'));
  return `"${digest.digest('hex')}-${partETags.length}"`;
}

import type { S3Service } from '../../s3/message.js';
import { KnownLayouts } from '../../shadow/copying/known-layouts.js';
import { readProvenance } from '../../shadow/copying/provenance.js';
import { hasDigests } from '../../shadow/copying/source-object.js';
import type { Row } from '../row.js';
import { claimsOf } from './claims.js';
import { compareContent } from './content.js';
import { isSameETag, look, type SeenObject } from './sight.js';

/** A key as both stores list it. */
export type ListedBoth = Pick<Row, 'key' | 'source' | 'target'>;

export interface InLineOptions {
  readonly target: S3Service;
  readonly shadow: S3Service;
  /** The `sourceId` of the shadow. */
  readonly from: string;
  readonly signal: AbortSignal;
}

/**
 * Whether both stores have the same bytes of a key that they list with one size and other ETags: the target's object is a copy of the very one that the shadow has;
 * or a store tells no hashes, so that the ETags say nothing, and the bytes are compared. @throws the signal's reason
 */
export async function isInLine(
  { key, source, target }: ListedBoth,
  options: InLineOptions,
): Promise<boolean> {
  if (!source || !target || source.size !== target.size) return false;
  const { signal } = options;
  const copy = await look(options.target, key, signal);
  if (copy.state !== 'present') return false;
  const { etag } = readProvenance(key, copy.headers ?? {}, options.from) ?? {};
  if (etag !== undefined && isSameETag(etag, source.etag)) return true;
  const original = await look(options.shadow, key, signal);
  if (original.state !== 'present' || (isDigest(copy) && isDigest(original))) return false;
  const side = (name: 'shadow' | 'target', seen: SeenObject) => ({
    name,
    store: options[name],
    seen,
    claims: claimsOf(seen),
  });
  const comparing = { key, layouts: new KnownLayouts(), signal };
  const compared = await compareContent(comparing, side('shadow', original), side('target', copy));
  return compared !== 'moved' && compared.result === 'same';
}

const isDigest = ({ headers = {} }: SeenObject): boolean => hasDigests(headers);

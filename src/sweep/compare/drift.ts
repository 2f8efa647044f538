import type { S3Service } from '../../s3/message.js';
import { readProvenance } from '../../shadow/copying/provenance.js';
import type { Row } from '../row.js';
import { claimsOf, isPlainMd5 } from './claims.js';
import { wouldTell } from './explain-difference.js';
import { asListed, isSameETag, look, type SeenObject } from './sight.js';

/**
 * Whether the shadow's object was changed, beside the gateway, after it was copied.
 *
 * - `same`: it is what was copied
 * - `drifted`: it is another. `targetETag` is that of the copy which was judged
 * - `rewritten`: the target's is no copy any more: clients wrote it
 * - `unknown`: nothing tells
 */
export interface Drift {
  readonly verdict: 'same' | 'drifted' | 'rewritten' | 'unknown';
  /** By what it was judged: by times alone a copy cannot be told from what clients wrote. */
  readonly by: 'etag' | 'provenance' | 'times';
  readonly reason: string;
  /** With its quotes. */
  readonly targetETag?: string;
}

export interface DriftOptions {
  readonly target: S3Service;
  /** Whether the bucket's copies carry their provenance, and the `sourceId` of its shadow. */
  readonly provenance: boolean;
  readonly from: string;
  readonly signal: AbortSignal;
}

/** Header fields tell seconds, listings milliseconds. */
const SECOND_MS = 1_000;

/** A key that both stores list. One HEAD of the target, none where both list the same. @throws the signal's reason */
export async function judgeDrift(row: Row, options: DriftOptions): Promise<Drift> {
  const source = asListed(row.source);
  const listed = asListed(row.target);
  if (source.state !== 'present' || listed.state !== 'present')
    return unknown('one of the stores does not have it');
  if (source.size === listed.size && isSameETag(source.etag, listed.etag))
    return { verdict: 'same', by: 'etag', reason: 'both have the same ETag' };
  const target = await look(options.target, row.key, options.signal);
  if (target.state === 'unknown') return unknown(`the target ${target.reason}`);
  if (target.state === 'absent') return unknown('the target does not have it any more');
  return byProvenance(row, { source, target }, options.from) ?? byTimes(row, { source, target }, options);
}

function byProvenance(
  { key, source: listed }: Row,
  { source, target }: { readonly source: SeenObject; readonly target: SeenObject },
  from: string,
): Drift | undefined {
  const copied = readProvenance(key, target.headers ?? {}, from);
  if (!copied) return undefined;
  const by = 'provenance';
  const written = Date.parse(listed?.lastModified ?? '');
  const isLater = copied.lastModified !== undefined && written - copied.lastModified > SECOND_MS;
  if (isSameETag(copied.etag, source.etag) && !isLater)
    return { verdict: 'same', by, reason: 'the shadow has what was copied' };
  const reason = isSameETag(copied.etag, source.etag)
    ? 'the shadow wrote the same bytes anew'
    : 'the shadow has another object than was copied';
  return { verdict: 'drifted', by, reason, targetETag: target.etag };
}

/** What has no provenance although copies have is no copy. Else the later of the two is taken to be the one that was written since. */
function byTimes(
  { source: inSource }: Row,
  { source, target }: { readonly source: SeenObject; readonly target: SeenObject },
  options: DriftOptions,
): Drift {
  if (wouldTell(options, target))
    return { verdict: 'rewritten', by: 'provenance', reason: 'clients wrote it to the target' };
  const by = 'times';
  const written = Date.parse(inSource?.lastModified ?? '');
  const copied = Date.parse(target.headers?.['last-modified'] ?? '');
  if (written - copied > SECOND_MS)
    return {
      verdict: 'drifted',
      by,
      reason: 'the shadow wrote it after the target',
      targetETag: target.etag,
    };
  const isDigest = claimsOf(target).whole.has('md5') && isPlainMd5(source.etag);
  const isOther = source.size !== target.size || isDigest;
  if (isOther && written <= copied)
    return { verdict: 'rewritten', by, reason: 'the target has another object, and the later one' };
  return unknown('the ETags cannot be compared, and there is no provenance');
}

const unknown = (reason: string): Drift => ({ verdict: 'unknown', by: 'etag', reason });

import { compareKeys } from '../../s3/keys.js';
import type { S3Service } from '../../s3/message.js';
import { MAX_PAGE } from '../../shadow/listing/store-page.js';
import type { KeyRange } from '../row.js';
import { cutPieces, prober } from './plan-ranges.js';
import { sample } from './sampling.js';

const PROBES = 64;

/**
 * One range in two of about equal size, or by itself where all its keys are on one page.
 *
 * @throws ListingRefused, BackendUnavailable, the reason of the signal
 */
export async function splitRange(
  source: S3Service,
  range: KeyRange,
  { prefix, signal }: { prefix: string; signal: AbortSignal },
): Promise<KeyRange[]> {
  const { pieces } = await sample({
    prefix,
    range,
    probe: prober(source, { prefix, maxKeys: MAX_PAGE, signal }),
    pageObjects: MAX_PAGE,
    fineness: (objects) => objects / 16,
    budget: () => PROBES,
    leastProbes: 0,
  });
  const middle = cutPieces(pieces, 2)[0]?.upTo;
  if (middle === undefined || (range.upTo !== undefined && compareKeys(middle, range.upTo) >= 0))
    return [range];
  return [
    { ...(range.after !== undefined && { after: range.after }), upTo: middle },
    { after: middle, ...(range.upTo !== undefined && { upTo: range.upTo }) },
  ];
}

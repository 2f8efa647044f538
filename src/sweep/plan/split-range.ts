import { compareKeys } from '../../s3/keys.js';
import type { S3Service } from '../../s3/message.js';
import { MAX_PAGE } from '../../shadow/listing/store-page.js';
import type { KeyRange } from '../row.js';
import { cutPieces, PROBES_PER_RANGE, prober, sumOf } from './plan-ranges.js';
import { sample } from './sampling.js';

/** One cut makes no more ranges, however much there is: those that are too large are cut again. */
const MAX_PIECES = 64;

export interface SplitOptions {
  readonly prefix: string;
  /** How many objects a range is to have. */
  readonly rangeObjects: number;
  readonly signal: AbortSignal;
}

/**
 * One range in several of about the wanted size, or by itself where it has no more than that.
 *
 * @throws ListingRefused, BackendUnavailable, the reason of the signal
 */
export async function splitRange(
  source: S3Service,
  range: KeyRange,
  { prefix, rangeObjects, signal }: SplitOptions,
): Promise<KeyRange[]> {
  const countOf = (objects: number) =>
    Math.min(MAX_PIECES, Math.max(1, Math.round(objects / Math.max(rangeObjects, MAX_PAGE))));
  const { pieces } = await sample({
    prefix,
    range,
    probe: prober(source, { prefix, maxKeys: MAX_PAGE, signal }),
    pageObjects: MAX_PAGE,
    fineness: (objects) => objects / countOf(objects) / 2,
    budget: (objects) => PROBES_PER_RANGE * countOf(objects),
    leastProbes: 0,
  });
  const bounds = cutPieces(pieces, countOf(sumOf(pieces, 'objects')))
    .flatMap(({ upTo }) => upTo ?? [])
    .filter((bound) => range.upTo === undefined || compareKeys(bound, range.upTo) < 0);
  const afters = [range.after, ...bounds];
  return [...bounds, range.upTo].map((upTo, index) => rangeFrom(afters[index], upTo));
}

const rangeFrom = (after: string | undefined, upTo: string | undefined): KeyRange => ({
  ...(after !== undefined && { after }),
  ...(upTo !== undefined && { upTo }),
});

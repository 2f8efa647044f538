import type { S3Service } from '../../s3/message.js';
import { listStore } from '../../shadow/listing/store-page.js';
import { type Plan, type PlannedRange, type PlanOptions, planRanges } from './plan-ranges.js';

/** So many ranges at least keep several processes busy to the end. */
const LEAST_RANGES = 16;
/** A range is not worth its upkeep below so many objects. */
const LEAST_OBJECTS = 1_000;
/** A bucket of so many objects is listed in less time than it takes to guess well. */
const LISTED_OBJECTS = 100_000;

type PassOptions = Pick<PlanOptions, 'prefix' | 'signal'>;

/**
 * Plans a pass: ranges of the usual size, smaller ones where that would leave most processes without any.
 *
 * @throws ListingRefused, BackendUnavailable, the reason of the signal
 */
export async function planPass(source: S3Service, options: PassOptions): Promise<Plan> {
  const plan = await planRanges(source, options);
  const isFine = plan.ranges.length >= LEAST_RANGES || plan.objects < 2 * LEAST_OBJECTS;
  if (isFine) return plan;
  const rangeObjects = Math.max(LEAST_OBJECTS, Math.ceil(plan.objects / LEAST_RANGES));
  return plan.objects <= LISTED_OBJECTS
    ? planByListing(source, { ...options, rangeObjects })
    : planRanges(source, { ...options, rangeObjects });
}

/** Lists all, and cuts it every so many objects. */
async function planByListing(
  source: S3Service,
  { prefix, signal, rangeObjects }: PassOptions & { readonly rangeObjects: number },
): Promise<Plan> {
  const ranges: PlannedRange[] = [];
  let [objects, bytes, begun] = [0, 0, 0];
  let after: string | undefined;
  for await (const { key, size } of listStore(source, signal, { prefix })) {
    objects += 1;
    bytes += size;
    begun += 1;
    if (begun < rangeObjects) continue;
    ranges.push({ after, upTo: key, objects: begun });
    [after, begun] = [key, 0];
  }
  ranges.push({ after, objects: begun });
  const meanBytes = objects === 0 ? 0 : bytes / objects;
  const probes = Math.floor(objects / 1_000) + 1;
  return { ranges, objects, meanBytes, basis: 'listed', isExact: true, probes };
}

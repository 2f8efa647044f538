import type { S3Service } from '../../s3/message.js';
import type { ListedObject } from '../../s3/xml/listing.js';
import { listStore, MAX_PAGE } from '../../shadow/listing/store-page.js';
import { type Plan, type PlannedRange, type PlanOptions, planRanges } from './plan-ranges.js';

/** So many ranges at least keep several processes busy to the end. */
const LEAST_RANGES = 16;
/** A range is not worth its upkeep below so many objects. */
const LEAST_OBJECTS = 1_000;
/** A bucket of so many objects is listed in less time than it takes to guess well. */
const LISTED_OBJECTS = 25_000;

type PassOptions = Pick<PlanOptions, 'prefix' | 'signal'>;

/**
 * Plans a pass: ranges of the usual size, smaller ones where that would leave most processes without any.
 *
 * @throws ListingRefused, BackendUnavailable, the reason of the signal
 */
export async function planPass(source: S3Service, options: PassOptions): Promise<Plan> {
  const listed = await listSmall(source, options);
  if (listed) return planOf(listed);
  const plan = await planRanges(source, options);
  const rangeObjects = Math.max(LEAST_OBJECTS, Math.ceil(plan.objects / LEAST_RANGES));
  return plan.ranges.length >= LEAST_RANGES ? plan : planRanges(source, { ...options, rangeObjects });
}

type Listed = readonly Pick<ListedObject, 'key' | 'size'>[];

/** All objects of a small bucket; undefined for one that is not. */
async function listSmall(source: S3Service, { prefix, signal }: PassOptions): Promise<Listed | undefined> {
  const listed: Pick<ListedObject, 'key' | 'size'>[] = [];
  for await (const { key, size } of listStore(source, signal, { prefix })) {
    listed.push({ key, size });
    if (listed.length > LISTED_OBJECTS) return undefined;
  }
  return listed;
}

function planOf(listed: Listed): Plan {
  const objects = listed.length;
  const step = Math.max(LEAST_OBJECTS, Math.ceil(objects / LEAST_RANGES));
  const ranges: PlannedRange[] = [];
  for (let from = 0; from === 0 || from < objects; from += step) {
    const end = from + step < objects ? listed[from + step - 1]?.key : undefined;
    const after = listed[from - 1]?.key;
    ranges.push({
      ...(after !== undefined && { after }),
      ...(end !== undefined && { upTo: end }),
      objects: Math.min(step, objects - from),
    });
  }
  const bytes = listed.reduce((sum, { size }) => sum + size, 0);
  const meanBytes = objects === 0 ? 0 : bytes / objects;
  return {
    ranges,
    objects,
    meanBytes,
    basis: 'listed',
    isExact: true,
    probes: Math.ceil(objects / MAX_PAGE),
  };
}

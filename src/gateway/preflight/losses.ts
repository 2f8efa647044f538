import { partCount } from '../../shadow/copying/part-layout.js';
import type { SampledObject } from './sampled.js';
import type { Capabilities } from './target.js';

export const EXPECTED_LOSSES = ['tags', 'grants', 'object-lock', 'storage-class', 'etag'] as const;

/** Something that objects have now and would not have at the target. */
export interface ExpectedLoss {
  readonly what: (typeof EXPECTED_LOSSES)[number];
  readonly reason: string;
  /** How many of the sample. */
  readonly objects: number;
  /** The key of one of them. */
  readonly example: string;
}

/** What these objects would lose at a target that can do so much; each loss once, with how many it meets. */
export function expectedLosses(sample: readonly SampledObject[], target: Capabilities): ExpectedLoss[] {
  const losses = new Map<string, ExpectedLoss>();
  for (const object of sample)
    for (const [what, reason] of lossesOf(object, target)) {
      const id = `${what} ${reason}`;
      const { objects = 0, example = object.key } = losses.get(id) ?? {};
      losses.set(id, { what, reason, objects: objects + 1, example });
    }
  return [...losses.values()];
}

type Lost = readonly [what: ExpectedLoss['what'], reason: string];

function lossesOf(object: SampledObject, target: Capabilities): Lost[] {
  const { storageClass, isTagged, isGranted, isLocked } = object;
  const { lockRefusal } = target;
  const losses: (Lost | undefined)[] = [
    isTagged && !target.keepsTags ? ['tags', 'the target keeps no tags'] : undefined,
    isGranted ? ['grants', 'a job does not copy grants to others than the owner'] : undefined,
    isLocked && lockRefusal !== undefined ? ['object-lock', lockRefusal] : undefined,
    target.refusedClasses.has(storageClass)
      ? ['storage-class', `the target has no storage class ${storageClass}`]
      : undefined,
    partCount(object) !== undefined && !target.conditionalWrites.complete ? ['etag', OTHER_PARTS] : undefined,
  ];
  return losses.filter((loss) => loss !== undefined);
}

const OTHER_PARTS =
  'it was uploaded in parts, and the target ignores If-None-Match on CompleteMultipartUpload: its copy is made by one PUT';

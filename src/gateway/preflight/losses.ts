import { CHECKSUM_HEADERS, createChecksum } from '../../s3/checksums.js';
import { partCount } from '../../shadow/copying/part-layout.js';
import type { SampledObject } from './sampled.js';
import { type Capabilities, type Field, fieldId, PROBE } from './target.js';

export const EXPECTED_LOSSES = [
  'tags',
  'grants',
  'redirect',
  'storage-class',
  'object-lock',
  'checksum',
  'etag',
] as const;

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

/** Header fields by which it is found out whether the target keeps what these objects have. */
export function fieldsToTry(sample: readonly SampledObject[]): Field[] {
  const fields = sample.flatMap((object) => [classOf(object), redirectOf(object), checksumOf(object)]);
  const distinct = new Map(fields.flatMap((field) => (field ? [[fieldId(field), field]] : [])));
  return [...distinct.values()];
}

const classOf = ({ storageClass }: SampledObject): Field | undefined =>
  storageClass === 'STANDARD' ? undefined : ['x-amz-storage-class', storageClass];

const redirectOf = ({ isRedirect }: SampledObject): Field | undefined =>
  isRedirect ? ['x-amz-website-redirect-location', '/elsewhere'] : undefined;

/** As the probe has it, by the algorithm of the object. */
function checksumOf({ checksum }: SampledObject): Field | undefined {
  if (!checksum) return undefined;
  const digest = createChecksum(checksum.algorithm);
  digest.update(PROBE);
  return [CHECKSUM_HEADERS[checksum.algorithm], digest.digest()];
}

type Lost = readonly [what: ExpectedLoss['what'], reason: string];

function lossesOf(object: SampledObject, target: Capabilities): Lost[] {
  const { storageClass, checksum, isTagged, isGranted, isLocked } = object;
  const { lockRefusal, lostFields, conditionalWrites } = target;
  const isLost = (field: Field | undefined) => field !== undefined && lostFields.has(fieldId(field));
  const isJoined = partCount(object) !== undefined && !conditionalWrites.complete;
  const losses: (Lost | false)[] = [
    isTagged && !target.keepsTags && ['tags', 'the target keeps no tags'],
    isGranted && ['grants', 'a job does not copy grants to others than the owner'],
    isLost(redirectOf(object)) && ['redirect', 'the target keeps no website redirects'],
    isLost(classOf(object)) && ['storage-class', `the target has no storage class ${storageClass}`],
    isLocked && lockRefusal !== undefined && ['object-lock', lockRefusal],
    isLost(checksumOf(object))
      ? ['checksum', `the target keeps no ${checksum?.algorithm} checksums`]
      : isJoined && checksum?.type === 'COMPOSITE' && ['checksum', JOINED],
    object.hasDigest && target.hasDigests ? isJoined && ['etag', JOINED] : ['etag', OPAQUE],
  ];
  return losses.filter((loss) => loss !== false);
}

const OPAQUE =
  'one of the stores encrypts, so that its ETags are no hashes of the bytes: the copy has another one';

const JOINED =
  'it was uploaded in parts, and the target ignores If-None-Match on CompleteMultipartUpload: its copy is made by one PUT';

import { z } from 'zod';
import { isDeclared, type Place, place } from './place.js';
import type { RecordFormat } from './record-store.js';
import { AIMS, RUNGS } from './rung.js';
import type { Sealer } from './sealing.js';

/**
 * What a target was seen to honour: `If-None-Match: *` on PutObject and on CompleteMultipartUpload; `If-Match` on PutObject and
 * DeleteObject; `If-None-Match: *` on CopyObject, of a record that does not say nobody has tried.
 */
export const conditionalWrites = z.object({
  put: z.boolean(),
  complete: z.boolean(),
  match: z.boolean(),
  copy: z.boolean().optional(),
});

const shadow = z.object({
  place,
  /** What the shadow's keys begin with where the target's begin with `targetPrefix`; all others are the target's alone. */
  prefix: z.string().default(''),
  targetPrefix: z.string().default(''),
  writeThrough: z.boolean(),
  rung: z.enum(RUNGS),
  aim: z.enum(AIMS),
  /** Whether all gateways are known to have left the rungs before. */
  confirmed: z.boolean(),
  delete: z.enum(['both', 'target']),
  /** Whether copies are given the grants of their source; absent where nobody has asked for it. */
  acl: z.boolean().optional(),
  /** Whether it is to be cleared as soon as a sweep leaves nothing. */
  clearWhenDrained: z.boolean().optional(),
  /** Whether copies tell where they are from; they do unless it is false. */
  provenance: z.boolean().optional(),
  /** As the target's, of a shadow that is written. */
  trailingChecksums: z.boolean().optional(),
  /** Of a swap that is under way: what the shadow was seen to be capable of, which is to be the target. */
  swap: z
    .object({
      conditionalWrites,
      trailingChecksums: z.boolean(),
      /** Gateways that cannot reach the state are not waited for. */
      force: z.boolean(),
    })
    .optional(),
  /** ISO 8601. */
  since: z.string(),
});

const currentRecord = z.object({
  name: z.string(),
  /** Random, and stable for the life of the bucket: one of the same name later is another bucket. */
  id: z.string(),
  org: z.string().nullable(),
  /** Where its objects live, or are to live. */
  target: place,
  public: z.boolean(),
  /** ISO 8601. */
  createdAt: z.string(),
  shadow: shadow.nullable(),
  /** New with every rung that is announced to the gateways. */
  epoch: z.number(),
  /** A shadow was cleared, and its tombstones are kept until no gateway asks for them any more. */
  forgetting: z.boolean(),
  conditionalWrites,
  /** How often target and shadow have changed places; none unless it says so. */
  swaps: z.number().optional(),
  /** Whether the target was seen to judge a checksum that comes after the body; of a record that does not say, nobody has tried. */
  trailingChecksums: z.boolean().optional(),
  /** The job that has the bucket to itself: nobody else sets, swaps or clears its shadow. `gates`: clients' writes are refused. */
  job: z.object({ id: z.number(), gates: z.boolean() }).optional(),
});

export type BucketRecord = z.infer<typeof currentRecord>;

const formerShadow = z.looseObject({
  name: z.string(),
  endpoint: z.string(),
  region: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
});

const formerRecord = z.looseObject({
  backend: z.string(),
  targetBucket: z.string(),
  shadow: formerShadow.nullable(),
});

/** Before a target could be an endpoint, and a shadow the bucket of a declared backend, the fields of each place stood in the record itself. */
function withPlaces(value: unknown): unknown {
  const former = formerRecord.safeParse(value);
  if (!former.success) return value;
  const { backend, targetBucket, shadow, ...others } = former.data;
  return { ...others, target: { backend, bucket: targetBucket }, shadow: shadow && withPlace(shadow) };
}

function withPlace(shadow: z.infer<typeof formerShadow>): unknown {
  const { name: bucket, endpoint, region, accessKeyId, secretAccessKey, ...others } = shadow;
  return { ...others, place: { bucket, endpoint, region, accessKeyId, secretAccessKey } };
}

const bucketRecord = z.preprocess(withPlaces, currentRecord);

const SPACE = 'bucket';

export const bucketKey = (name: string): string => `${SPACE}/${name}`;

/** The keys of places are sealed; the bucket's id is their context, so that they cannot serve another bucket. */
export function bucketFormat({ seal, open }: Sealer): RecordFormat<BucketRecord> {
  return {
    space: SPACE,
    names: /^[a-z0-9.-]{1,255}$/,
    schema: bucketRecord,
    nameOf: ({ name }) => name,
    sealed: (record) => withSecrets(record, seal),
    opened: (record) => withSecrets(record, open),
  };
}

/** What becomes of a secret of that context: it is sealed, or opened. */
export type SecretChange = (secret: string, context: string) => string;

function withSecrets(record: BucketRecord, change: SecretChange): BucketRecord {
  const changed = (place: Place): Place => placeWithSecrets(place, record.id, change);
  const { target, shadow } = record;
  return {
    ...record,
    target: changed(target),
    shadow: shadow && { ...shadow, place: changed(shadow.place) },
  };
}

/** The context is the same on either side, since the places can be exchanged. */
export function placeWithSecrets(place: Place, bucketId: string, change: SecretChange): Place {
  if (isDeclared(place)) return place;
  return {
    ...place,
    accessKeyId: change(place.accessKeyId, `bucket/${bucketId}/shadow/accessKeyId`),
    secretAccessKey: change(place.secretAccessKey, `bucket/${bucketId}/shadow/secretAccessKey`),
  };
}

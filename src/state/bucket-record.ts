import { z } from 'zod';
import type { RecordFormat } from './record-store.js';
import { AIMS, RUNGS } from './rung.js';
import type { Sealer } from './sealing.js';

const shadow = z.object({
  name: z.string(),
  /** What the shadow's keys begin with where the target's begin with `targetPrefix`; all others are the target's alone. */
  prefix: z.string().default(''),
  targetPrefix: z.string().default(''),
  endpoint: z.string(),
  region: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  writeThrough: z.boolean(),
  rung: z.enum(RUNGS),
  aim: z.enum(AIMS),
  /** Whether all gateways are known to have left the rungs before. */
  confirmed: z.boolean(),
  delete: z.enum(['both', 'target']),
  /** Whether copies are given the grants of their source; absent where nobody has asked for it. */
  acl: z.boolean().optional(),
  /** Whether copies tell where they are from; they do unless it is false. */
  provenance: z.boolean().optional(),
  /** As the target's, of a shadow that is written. */
  trailingChecksums: z.boolean().optional(),
  /** ISO 8601. */
  since: z.string(),
});

const bucketRecord = z.object({
  name: z.string(),
  /** Random, and stable for the life of the bucket: one of the same name later is another bucket. */
  id: z.string(),
  org: z.string().nullable(),
  backend: z.string(),
  targetBucket: z.string(),
  public: z.boolean(),
  /** ISO 8601. */
  createdAt: z.string(),
  shadow: shadow.nullable(),
  /** New with every rung that is announced to the gateways. */
  epoch: z.number(),
  /** A shadow was cleared, and its tombstones are kept until no gateway asks for them any more. */
  forgetting: z.boolean(),
  /**
   * What the target was seen to honour: `If-None-Match: *` on PutObject and on CompleteMultipartUpload; `If-Match` on PutObject and
   * DeleteObject.
   */
  conditionalWrites: z.object({ put: z.boolean(), complete: z.boolean(), match: z.boolean() }),
  /** Whether the target was seen to judge a checksum that comes after the body; of a record that does not say, nobody has tried. */
  trailingChecksums: z.boolean().optional(),
});

export type BucketRecord = z.infer<typeof bucketRecord>;

const SPACE = 'bucket';

export const bucketKey = (name: string): string => `${SPACE}/${name}`;

/** Both keys of a shadow are sealed; the bucket's id is their context, so that they cannot serve another bucket. */
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

type Change = (secret: string, context: string) => string;

function withSecrets(record: BucketRecord, change: Change): BucketRecord {
  if (record.shadow === null) return record;
  const { accessKeyId, secretAccessKey } = record.shadow;
  const secrets = {
    accessKeyId: change(accessKeyId, `bucket/${record.id}/shadow/accessKeyId`),
    secretAccessKey: change(secretAccessKey, `bucket/${record.id}/shadow/secretAccessKey`),
  };
  return { ...record, shadow: { ...record.shadow, ...secrets } };
}

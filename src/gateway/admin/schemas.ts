import { z } from '@hono/zod-openapi';
import { isBucketName } from '../../s3/buckets.js';
import { hasKeyLength, MAX_KEY_BYTES } from '../../s3/keys.js';
import { LOSSES } from '../../shadow/copying/loss.js';
import { JOB_KINDS, JOB_PHASES, JOB_STATUSES } from '../../state/jobs/job-record.js';
import { AIMS, RUNGS } from '../../state/rung.js';
import { ENDPOINT_RULE, parseEndpoint } from '../endpoint.js';
import { mustBe, secretMustBe } from '../rules.js';
import { MAX_WAIT_SECONDS } from './limits.js';
import { pass } from './pass-schemas.js';

const BUCKET_NAME_RULE = mustBe('a bucket name: 3 to 63 lower-case letters, digits, hyphens and dots');
const BOOLEAN_RULE = mustBe('true or false');
const ACCESS_KEY_RULE = secretMustBe('the access key id, 1 to 256 characters without spaces');
const PREFIX_RULE = mustBe(`what keys begin with: Unicode text of at most ${MAX_KEY_BYTES} bytes of UTF-8`);
const SECRET_KEY_RULE = secretMustBe('the secret access key, 1 to 256 characters');

const WAIT_RULE = mustBe(`a whole number of seconds from 0 to ${MAX_WAIT_SECONDS}`);

export const bucketName = z.string(BUCKET_NAME_RULE).refine(isBucketName, BUCKET_NAME_RULE);
// A surrogate without its other half is no character.
const prefix = z
  .string(PREFIX_RULE)
  .regex(/^\P{Cs}*$/u, PREFIX_RULE)
  .refine(hasKeyLength, PREFIX_RULE);
const flag = z.boolean(BOOLEAN_RULE);

function text(rule: RegExp, words: string) {
  return z.string(mustBe(words)).regex(rule, mustBe(words));
}

const endpoint = z.string(mustBe(ENDPOINT_RULE)).transform((value, context) => {
  const origin = parseEndpoint(value);
  if (origin !== undefined) return origin;
  context.addIssue({ code: 'custom', input: value, message: mustBe(ENDPOINT_RULE).error({ input: value }) });
  return z.NEVER;
});

export const shadowInput = z
  .strictObject({
    // Buckets older than the naming rules of today can have upper case and underscores.
    name: text(/^[A-Za-z0-9._-]{3,255}$/, 'the name of the bucket at the endpoint').optional(),
    prefix: prefix.optional().openapi({
      description:
        "what the shadow's keys begin with that are moved; all of them unless it is given, or the bucket has this shadow already",
    }),
    target_prefix: prefix.optional().openapi({
      description:
        "what those keys begin with in the bucket in place of prefix; all other keys are the target's alone",
    }),
    endpoint,
    region: text(/^[A-Za-z0-9-]{1,64}$/, 'a region name, such as eu-west-1'),
    access_key_id: z.string(ACCESS_KEY_RULE).regex(/^\S{1,256}$/, ACCESS_KEY_RULE),
    secret_access_key: z.string(SECRET_KEY_RULE).min(1, SECRET_KEY_RULE).max(256, SECRET_KEY_RULE),
    write_through: flag
      .optional()
      .openapi({ description: 'false unless the bucket has this shadow already' }),
    delete: z
      .enum(['both', 'target'], mustBe('"both" or "target"'))
      .optional()
      .openapi({ description: 'both unless the bucket has this shadow already' }),
    acl: flag.optional().openapi({
      description:
        "whether copies are given the grants of the shadow's objects; false unless the bucket has this shadow already",
    }),
    provenance: flag.optional().openapi({
      description:
        'whether copies tell in user metadata, which clients do not see, where they are from; true unless the bucket has this shadow already',
    }),
  })
  .openapi('ShadowInput');

const switching = z.object({
  rung: z.enum([...RUNGS, 'none']),
  aim: z.enum(AIMS),
  waiting_for: z.array(z.string()),
});

/** What is left out of the settings of a shadow stays as it is. */
export const shadowChanges = shadowInput.partial().openapi('ShadowChanges');

export const newBucket = z
  .strictObject({
    name: bucketName,
    org: text(/^\S{1,64}$/, 'an organization, 1 to 64 characters without spaces')
      .nullable()
      .default(null),
    backend: z.string(mustBe('the name of a backend')).optional(),
    target_bucket: bucketName.optional(),
    public: flag.default(false),
    shadow: shadowInput.optional(),
  })
  .openapi('NewBucket');

export const bucketChanges = z
  .strictObject({
    public: flag.optional(),
    shadow: shadowChanges.nullable().optional().openapi({ description: 'null clears the shadow' }),
    when_drained: flag
      .optional()
      .openapi({ description: 'clear the shadow as soon as a sweep leaves nothing; false: do so no more' }),
    swap_shadow: flag.default(false).openapi({
      description:
        'has target and shadow change places, of a bucket that is written in both; goes with no other change',
    }),
    force: flag.default(false).openapi({
      description:
        'leave a shadow that still has objects of its own; swap without waiting for gateways that are out of touch',
    }),
    wait_seconds: z.int(WAIT_RULE).min(0, WAIT_RULE).max(MAX_WAIT_SECONDS, WAIT_RULE).default(30).openapi({
      description: 'how long the answer waits for all gateways; then the change goes on by itself',
    }),
  })
  .superRefine(({ swap_shadow, shadow, public: isPublic, when_drained }, context) => {
    const isAlone = [shadow, isPublic, when_drained].every((other) => other === undefined);
    if (!swap_shadow || isAlone) return;
    context.addIssue({
      code: 'custom',
      path: ['swap_shadow'],
      message: 'swap_shadow goes with no other change',
    });
  })
  .openapi('BucketChanges');

export const newAccessKey = z
  .strictObject({
    role: z.enum(['admin', 'editor', 'readonly'], mustBe('"admin", "editor" or "readonly"')),
  })
  .openapi('NewAccessKey');

export const login = z
  .strictObject({
    password: z.string(secretMustBe('the admin password')).max(1024, secretMustBe('the admin password')),
  })
  .openapi('Login');

const conditionalWrites = z.object({
  put: z.boolean(),
  complete: z.boolean(),
  match: z.boolean(),
  copy: z.boolean().optional(),
});

const shadow = z.object({
  name: z.string(),
  prefix: z.string(),
  target_prefix: z.string(),
  backend: z.string().nullable().openapi({ description: 'null where the shadow is at an endpoint' }),
  endpoint: z.string().nullable().openapi({ description: 'null where the shadow is in a declared backend' }),
  region: z.string().nullable(),
  write_through: z.boolean(),
  rung: z.enum(RUNGS).openapi({ description: 'how the gateways serve the bucket now' }),
  aim: z.enum(AIMS).openapi({ description: 'the rung that they are on their way to; none: the shadow goes' }),
  delete: z.enum(['both', 'target']),
  acl: z.boolean(),
  clear_when_drained: z.boolean().openapi({ description: 'it is cleared as soon as a sweep leaves nothing' }),
  provenance: z.boolean(),
  conditional_writes: conditionalWrites.openapi({
    description:
      'whether the target was seen to honour If-None-Match on PUT, on CompleteMultipartUpload and on CopyObject, and If-Match on PUT and DELETE',
  }),
});

const bucketJob = z
  .object({
    id: z.string(),
    kind: z.enum(JOB_KINDS),
    status: z.enum(JOB_STATUSES),
    phase: z.enum(JOB_PHASES),
    to_backend: z.string(),
    writes_refused: z.boolean().openapi({ description: 'they are answered 503 SlowDown now' }),
  })
  .openapi({ description: 'the job that moves it; until it has changed over `backend` is the old one' });

export const bucket = z
  .object({
    bucket: z.string(),
    org: z.string().nullable(),
    backend: z.string().nullable().openapi({ description: 'null where the target is at an endpoint' }),
    target_endpoint: z
      .string()
      .nullable()
      .openapi({ description: 'null where the target is in a declared backend' }),
    target_region: z.string().nullable(),
    target_bucket: z.string(),
    public: z.boolean(),
    created_at: z.iso.datetime(),
    shadow: shadow.nullable(),
    job: bucketJob.nullable(),
  })
  .openapi('Bucket');

const proof = z.object({
  objects: z.int(),
  bytes: z.int(),
  by: z.enum(['listings', 'sweep']),
  at: z.iso.datetime(),
});

export const changedBucket = bucket
  .extend({
    proof: proof.nullable().openapi({
      description: 'of a shadow that was cleared: by what it is known that nothing is lost; null when forced',
    }),
  })
  .openapi('ChangedBucket');

export const migration = z
  .object({
    state: z.enum(['none', 'migrating', 'complete']),
    objects_total: z.int(),
    objects_done: z.int(),
    bytes_total: z.int(),
    bytes_done: z.int(),
    remaining: z.int().openapi({ description: 'objects that only the shadow has' }),
    failed: z.int(),
    copied_by_reads: z
      .object({ objects: z.int(), bytes: z.int() })
      .openapi({ description: 'copies that reads of clients have made since the shadow was set' }),
    pending_repairs: z.int().openapi({ description: 'deletes that the shadow is still owed' }),
    oldest_repair: z.iso.datetime().nullable(),
    repair_error: z.string().nullable().openapi({ description: 'why the oldest could not be made' }),
    tombstones: z.int(),
    exact: z.boolean().openapi({
      description: 'false when there was no time to count all: lower bounds; of a sweep: estimates',
    }),
    problem: z.string().nullable().openapi({ description: 'why a side could not be counted' }),
    counted_by: z.enum(['listings', 'sweep']).openapi({
      description:
        'listings: of both sides, just now; sweep: of a large bucket its numbers, which are 0 when it begins and stay as they were when it ended',
    }),
    sweep: pass.nullable().openapi({ description: 'the sweep under way, or the last one' }),
  })
  .openapi('Migration');

const lossKind = z.string().openapi({ description: `one of ${LOSSES.join(', ')}` });

const lossCount = z.object({ what: lossKind, reason: z.string(), count: z.int() });

export const losses = z
  .object({
    losses: z.array(z.object({ key: z.string(), what: lossKind, reason: z.string(), at: z.iso.datetime() })),
    next: z.string().nullable(),
  })
  .openapi('Losses');

export const bucketStatus = bucket
  .extend({
    migration,
    losses: z
      .array(lossCount)
      .openapi({ description: 'what copies could not keep of their sources, by kind and reason' }),
    switching: switching
      .nullable()
      .openapi({ description: 'null once all gateways serve the newest settings' }),
  })
  .openapi('BucketStatus');

export const accessKey = z
  .object({
    access_key_id: z.string(),
    bucket: z.string(),
    role: z.enum(['admin', 'editor', 'readonly']),
    created_at: z.iso.datetime(),
  })
  .openapi('AccessKey');

export const createdAccessKey = accessKey
  .extend({ secret_access_key: z.string() })
  .openapi('CreatedAccessKey');

export const createdBucket = bucket
  .extend({
    endpoint: z.string().nullable().openapi({ description: 'public_url, where one is configured' }),
    region: z.string(),
    access_key_id: z.string(),
    secret_access_key: z.string(),
  })
  .openapi('CreatedBucket');

export type ShadowChanges = z.infer<typeof shadowChanges>;
export type ShadowInput = z.infer<typeof shadowInput>;
export type NewBucketInput = z.infer<typeof newBucket>;
export type BucketChanges = z.infer<typeof bucketChanges>;
export type BucketJson = z.infer<typeof bucket>;
export type ProofJson = z.infer<typeof proof>;
export type ChangedBucketJson = z.infer<typeof changedBucket>;
export type BucketStatusJson = z.infer<typeof bucketStatus>;
export type LossesJson = z.infer<typeof losses>;
export type LossCountJson = z.infer<typeof lossCount>;
export type SwitchingJson = z.infer<typeof switching>;
export type MigrationJson = z.infer<typeof migration>;
export type CreatedBucketJson = z.infer<typeof createdBucket>;
export type AccessKeyJson = z.infer<typeof accessKey>;
export type CreatedAccessKeyJson = z.infer<typeof createdAccessKey>;

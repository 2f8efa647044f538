import { z } from '@hono/zod-openapi';
import { JOB_KINDS, JOB_PHASES, JOB_STATUSES } from '../../state/jobs/job-record.js';
import { mustBe } from '../rules.js';
import { passLimitFields } from './pass-limits.js';
import { bucketName } from './schemas.js';

export const WRITES = ['gate', 'live'] as const;
export const ON_EXISTING = ['fail', 'replace'] as const;
export const VERIFY = ['checksum', 'content'] as const;

const BOOLEAN_RULE = mustBe('true or false');

export const migrateInput = z
  .strictObject({
    target_backend: z.string(mustBe('the name of a backend')),
    target_bucket: bucketName.optional().openapi({ description: "the bucket's own name unless given" }),
    delete_source: z
      .boolean(BOOLEAN_RULE)
      .default(false)
      .openapi({ description: 'after the flip what was proven to be at the target is deleted where it was' }),
    writes: z.enum(WRITES, mustBe('"gate" or "live"')).default('gate').openapi({
      description: 'gate: writes are answered 503 SlowDown until the flip; live: they go to both stores',
    }),
    on_existing: z.enum(ON_EXISTING, mustBe('"fail" or "replace"')).default('fail').openapi({
      description: 'about objects that are at the target before the job begins',
    }),
    verify: z.enum(VERIFY, mustBe('"checksum" or "content"')).default('checksum'),
    force: z
      .boolean(BOOLEAN_RULE)
      .default(false)
      .openapi({ description: 'do not wait for gateways that cannot reach the state' }),
    limits: z.strictObject(passLimitFields).optional().openapi({ description: 'how fast it goes' }),
  })
  .openapi('Migrate');

export const begunMigration = z
  .object({
    job_id: z.int(),
    id: z.string().openapi({ description: 'maintenance:<job_id>' }),
    bucket: z.string(),
    from_backend: z.string(),
    to_backend: z.string(),
  })
  .openapi('BegunMigration');

const seconds = z.int().openapi({ description: 'unix seconds' });

export const job = z
  .object({
    id: z.string(),
    kind: z.enum(JOB_KINDS),
    name: z.string(),
    scope: z.object({ bucket: z.string() }),
    trigger: z.string(),
    status: z.enum(JOB_STATUSES),
    phase: z.enum(JOB_PHASES),
    percent: z.number(),
    progress: z.object({
      processed: z.int(),
      total: z.int(),
      bytes: z.int(),
      total_bytes: z.int(),
      failed: z.int(),
      skipped: z.int(),
    }),
    rate: z
      .object({ objects: z.number(), bytes: z.number() })
      .nullable()
      .openapi({ description: 'per second' }),
    eta_seconds: z.int().nullable(),
    waits_for: z.array(z.string()).openapi({ description: 'gateways, and what they have under way' }),
    created_at: seconds,
    started_at: seconds.nullable(),
    finished_at: seconds.nullable(),
    last_error: z.string().nullable(),
    phases: z
      .array(z.object({ phase: z.enum(JOB_PHASES), started_at: seconds, finished_at: seconds.nullable() }))
      .openapi({ description: 'that it has been through, one that was begun anew more than once' }),
    detail: z.object({
      target_backend: z.string(),
      target_bucket: z.string(),
      from_backend: z.string(),
      from_bucket: z.string(),
      delete_source: z.boolean(),
      writes: z.enum(WRITES),
      on_existing: z.enum(ON_EXISTING),
      verify: z.enum(VERIFY),
      max_bandwidth: z.number().nullable(),
      max_requests: z.number().nullable(),
      window: z.string().nullable(),
      flipped_at: seconds.nullable(),
      rollback_of: z.string().nullable(),
      existing: z
        .object({ removed: z.int(), kept: z.int() })
        .nullable()
        .openapi({ description: 'objects that were at the target before' }),
      removed: z
        .object({ deleted: z.int(), left: z.int(), reasons: z.record(z.string(), z.int()) })
        .nullable()
        .openapi({
          description:
            'objects deleted where the bucket was, or of one that was cancelled what it had copied',
        }),
    }),
  })
  .openapi('Job');

export const jobPage = z.object({ jobs: z.array(job), next: z.string().nullable() }).openapi('Jobs');

export const jobFailures = z
  .object({
    failures: z.array(
      z.object({ id: z.string(), occurred_at: seconds, object_key: z.string(), error: z.string() }),
    ),
    next: z.string().nullable(),
  })
  .openapi('JobFailures');

export const jobStatus = z.object({ status: z.enum(JOB_STATUSES) }).openapi('JobStatus');

export type MigrateInput = z.infer<typeof migrateInput>;
export type BegunMigrationJson = z.infer<typeof begunMigration>;
export type JobJson = z.infer<typeof job>;
export type JobFailureJson = z.infer<typeof jobFailures>['failures'][number];
export type JobStatusJson = z.infer<typeof jobStatus>;

import { z } from 'zod';
import { conditionalWrites, placeWithSecrets, type SecretChange } from '../bucket-record.js';
import { limitsSchema } from '../passes/pass-record.js';
import { tallySchema } from '../passes/tally.js';
import { place } from '../place.js';

/** What a job does: both move a bucket; a rollback moves it back to where a migration took it from. */
export const JOB_KINDS = ['migrate', 'rollback'] as const;

/**
 * - `paused`: copying and verifying rest; clients write
 * - `cancelling`: all is being made as it was
 * - `completed_with_errors`: the bucket did not change over, since something was not copied or not proven. Clients write to both places until the job is
 *   tried again or cancelled
 */
export const JOB_STATUSES = [
  'queued',
  'running',
  'paused',
  'cancelling',
  'succeeded',
  'completed_with_errors',
  'failed',
  'cancelled',
] as const;

export const JOB_PHASES = ['stage', 'copy', 'verify', 'flip', 'cleanup'] as const;

const settings = z.object({
  /** What was proven is deleted at the old place in the end. */
  deleteSource: z.boolean(),
  /** `gate`: clients' writes are refused until the bucket has changed over; `live`: they go on. */
  writes: z.enum(['gate', 'live']),
  /** What becomes of objects that are at the new place before. */
  onExisting: z.enum(['fail', 'replace']),
  verify: z.enum(['checksum', 'content']),
  limits: limitsSchema,
  /** Gateways that cannot reach the state are not waited for. */
  force: z.boolean().default(false),
});

/** What was seen of a place by trying. */
const capabilities = z.object({ conditionalWrites, trailingChecksums: z.boolean().optional() });

const sum = z.object({ objects: z.number(), bytes: z.number() });

/** What a pass of the job has come to, kept when the pass is forgotten. */
const passed = z.object({ run: z.string(), tally: tallySchema, total: sum, isOver: z.boolean() });

export const jobSchema = z.object({
  id: z.number(),
  kind: z.enum(JOB_KINDS),
  bucket: z.string(),
  bucketId: z.string(),
  /** Secrets are sealed in the state. */
  from: place,
  to: place,
  settings,
  /** Who or what asked for it, in words. */
  trigger: z.string(),
  status: z.enum(JOB_STATUSES),
  phase: z.enum(JOB_PHASES),
  /** Those that were begun, in order; one that was begun again is there again. Unix ms, as all times here. */
  phases: z.array(
    z.object({ phase: z.enum(JOB_PHASES), startedAt: z.number(), finishedAt: z.number().optional() }),
  ),
  createdAt: z.number(),
  startedAt: z.number().optional(),
  finishedAt: z.number().optional(),
  lastError: z.string().optional(),
  /** The job that is undone. */
  rollbackOf: z.number().optional(),
  /** From then on the new place counts alone, and the job cannot be cancelled. */
  flippedAt: z.number().optional(),
  /** What the job ends as once all is as it was. */
  ending: z.enum(['failed', 'cancelled']).optional(),
  /** When clients' writes began to be refused, of the gate that is closed now. */
  gatedAt: z.number().optional(),
  /** When all that was begun before had ended, too. */
  armedAt: z.number().optional(),
  /** What is known of the old place and the new one. */
  capabilities: z.object({ from: capabilities, to: capabilities }).optional(),
  /** The job made the bucket at the new place, or was about to. */
  madeBucket: z.boolean().optional(),
  /** Objects that were at the new place before: removed, and kept since they were the same. */
  existing: z.object({ removed: z.number(), kept: z.number() }).optional(),
  /** When the new place became the bucket's shadow, the first step that changes the bucket. */
  attachedAt: z.number().optional(),
  /** The sweep that shows of a shadow, once nothing is written to it any more, that it can go. */
  lastSweep: z.string().optional(),
  copied: passed.optional(),
  verified: passed.optional(),
  /** How often that was copied again which clients were writing each time. */
  copiedAgain: z.number().optional(),
  /** Of the cleanup, or of what a cancelled job had copied: objects deleted, and left for `reason`s. */
  removed: z
    .object({ deleted: z.number(), left: z.number(), reasons: z.record(z.string(), z.number()) })
    .optional(),
  /** Whether the bucket at the old place went, too. */
  removedBucket: z.boolean().optional(),
});

export type JobRecord = z.infer<typeof jobSchema>;
export type JobSettings = z.infer<typeof settings>;
export type JobStatus = JobRecord['status'];
export type JobPhase = JobRecord['phase'];
export type JobKind = JobRecord['kind'];
export type Passed = z.infer<typeof passed>;

/** Something that did not go well with one object. */
export const jobFailure = z.object({
  id: z.string(),
  /** Unix ms. */
  occurredAt: z.number(),
  key: z.string(),
  error: z.string(),
});
export type JobFailure = z.infer<typeof jobFailure>;

const OVER: ReadonlySet<JobStatus> = new Set<JobStatus>([
  'succeeded',
  'completed_with_errors',
  'failed',
  'cancelled',
]);

/** Whether nothing more is done for it unless somebody asks. */
export const isOver = ({ status }: Pick<JobRecord, 'status'>): boolean => OVER.has(status);

/** Whether it still has its bucket to itself: one that did not change over waits to be tried again or cancelled. */
export const holdsBucket = ({ status }: Pick<JobRecord, 'status'>): boolean =>
  !OVER.has(status) || status === 'completed_with_errors';

/** The keys of both places, as the bucket has them: sealed for it. */
export function jobWithSecrets(job: JobRecord, change: SecretChange): JobRecord {
  const changed = (of: JobRecord['from']) => placeWithSecrets(of, job.bucketId, change);
  return { ...job, from: changed(job.from), to: changed(job.to) };
}

import { z } from 'zod';
import { tallySchema } from './tally.js';

/** What a bucket is gone over for. At most one pass of each kind is under way. */
export const KINDS = ['sweep', 'verify'] as const;
export type PassKind = (typeof KINDS)[number];

/**
 * - `planning`: its ranges are being found
 * - `running`: they are worked on, by whoever has hands free
 * - `paused`: nobody begins anything, what was begun ends
 * - `stopped`: as paused, and over
 * - `done`: every range was gone through; what failed on the way is counted
 */
export const PASS_STATES = ['planning', 'running', 'paused', 'stopped', 'done'] as const;
export type PassState = (typeof PASS_STATES)[number];

/** Who works on something, and until when others leave it alone (Unix ms). */
const owner = z.object({ id: z.string(), until: z.number() });

export const limitsSchema = z.object({
  /** Bytes per second, of all processes together. */
  maxBandwidth: z.number().optional(),
  /** Requests per second to both stores, of all processes together. */
  maxRequests: z.number().optional(),
  /** As `22:00-06:00`. */
  window: z.string().optional(),
});

const settings = z.object({
  limits: limitsSchema,
  /** What becomes of keys that changed in the shadow after they were copied. */
  onDrift: z.enum(['report', 'source-wins', 'target-wins']),
  /** Passes follow each other until one finds nothing to copy. */
  catchUp: z.boolean(),
  /** Of a verification. */
  level: z.enum(['listing', 'checksum', 'content']),
  /** The share of keys that a verification looks at, above 0 to 1. */
  sample: z.number(),
});

const plan = z.object({
  isComplete: z.boolean(),
  /** So many ranges were made, those that were cut off others included. */
  ranges: z.number(),
  /** What the shadow is thought to have, and how that was found. */
  objects: z.number(),
  bytes: z.number(),
  basis: z.string(),
  owner: owner.optional(),
  /** Where the keys are named by an operator in place of a listing: which list it is, and how many of it have come. */
  manifest: z.object({ digest: z.string(), keys: z.number() }).optional(),
});

export const passSchema = z.object({
  /** New with every pass. */
  run: z.string(),
  kind: z.enum(KINDS),
  bucketId: z.string(),
  bucket: z.string(),
  /** The how-many-th of its kind since the shadow was set. */
  number: z.number(),
  state: z.enum(PASS_STATES),
  settings,
  /** Unix milliseconds, as all times here. */
  startedAt: z.number(),
  finishedAt: z.number().optional(),
  plan,
  /** Ranges that were gone through, and what came of them. */
  finished: z.number(),
  tally: tallySchema,
  /** Findings that are kept one by one, and those that went to a file for want of room. */
  kept: z.number(),
  spilled: z.number(),
  /** Where they went: a file on the machine of that gateway. */
  spilledTo: z.string().optional(),
  lastError: z.string().optional(),
});

const namedKey = z.object({ key: z.string(), size: z.number().optional(), attempts: z.number().optional() });

export const rangeSchema = z.object({
  id: z.string(),
  after: z.string().optional(),
  upTo: z.string().optional(),
  /** What it is made of where that is no stretch of a listing. */
  keys: z.array(namedKey).optional(),
  /** The page of findings from which they are, to be tried again. */
  page: z.string().optional(),
  /** Objects that it is thought to have. */
  planned: z.number(),
  /** Every key up to this one was settled, but for those that are `open`. */
  cursor: z.string().optional(),
  open: z.array(z.string()),
  tally: tallySchema,
  /** Findings of it that were kept. */
  kept: z.number(),
  spilled: z.number(),
  /** Objects and bytes per second that its owner has settled lately. */
  rate: z.object({ objects: z.number(), bytes: z.number() }).optional(),
  /** What its owner waits for, and until when, where that is known. */
  waits: z.object({ for: z.string(), until: z.number().optional() }).optional(),
  owner: owner.optional(),
  /** How often it broke off in a row, and when it is tried again. */
  attempts: z.number(),
  notBefore: z.number(),
});

export const findingSchema = z.object({
  key: z.string(),
  what: z.string(),
  reason: z.string(),
  bytes: z.number(),
  attempts: z.number(),
  at: z.number(),
});

export type Pass = z.infer<typeof passSchema>;
export type PassSettings = z.infer<typeof settings>;
export type Limits = z.infer<typeof limitsSchema>;
export type NamedKey = z.infer<typeof namedKey>;
export type Waits = NonNullable<Range['waits']>;
export type Range = z.infer<typeof rangeSchema>;
export type Finding = z.infer<typeof findingSchema>;

/** Which range of which pass. */
export interface RangeRef {
  readonly bucketId: string;
  readonly kind: PassKind;
  readonly run: string;
  readonly range: string;
}

/** Whether something of it is still to be done. */
export const isActive = ({ state }: Pick<Pass, 'state'>): boolean =>
  state === 'planning' || state === 'running';

/** Whether another may begin: it is over, whichever way. */
export const isOver = ({ state }: Pick<Pass, 'state'>): boolean => state === 'stopped' || state === 'done';

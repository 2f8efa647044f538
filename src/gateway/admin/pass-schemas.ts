import { z } from '@hono/zod-openapi';
import { isKey } from '../../s3/keys.js';
import { PASS_STATES } from '../../state/passes/pass-record.js';
import { OUTCOMES } from '../../state/passes/tally.js';
import { LEVELS } from '../../sweep/compare/verified.js';
import { mustBe } from '../rules.js';
import { passLimitFields } from './pass-limits.js';

const ON_DRIFT = ['report', 'source-wins', 'target-wins'] as const;

const ON_DRIFT_RULE = mustBe('"report", "source-wins" or "target-wins"');
const LEVEL_RULE = mustBe('"listing", "checksum" or "content"');
const SAMPLE_RULE = mustBe('a share of all keys, above 0 to 1');

const sweepFields = {
  ...passLimitFields,
  on_drift: z
    .enum(ON_DRIFT, ON_DRIFT_RULE)
    .optional()
    .openapi({ description: 'what becomes of keys that changed in the shadow after they were copied' }),
  catch_up: z
    .boolean(mustBe('true or false'))
    .optional()
    .openapi({ description: 'passes follow each other until one finds nothing to copy' }),
};

/** What a pass is to be like; what is left out of the first is as by default, and stays as it is otherwise. */
export const newSettings = {
  sweep: z.strictObject(sweepFields).openapi('SweepSettings'),
  verify: z
    .strictObject({
      ...passLimitFields,
      level: z.enum(LEVELS, LEVEL_RULE).optional().openapi({ description: 'checksum by default' }),
      sample: z
        .number(SAMPLE_RULE)
        .gt(0, SAMPLE_RULE)
        .max(1, SAMPLE_RULE)
        .optional()
        .openapi({ description: 'the share of all keys that is looked at; 1 by default' }),
    })
    .openapi('VerifySettings'),
};

const DIGEST_RULE = mustBe('a SHA-256 in hexadecimal');
const COUNT_RULE = mustBe('a whole number from 0');
const KEY_RULE = mustBe('a key of 1 to 1,024 bytes of UTF-8');
const FAILED_RULE = mustBe('a key of 1 to 2,048 characters');
const KEYS_RULE = mustBe('at most 1,000 keys');
const count = z.int(COUNT_RULE).min(0, COUNT_RULE);

/** A sweep of keys that are named, of which `keys` are to come. */
export const namedSweep = newSettings.sweep
  .extend({
    digest: z
      .string(DIGEST_RULE)
      .regex(/^[0-9a-f]{64}$/, DIGEST_RULE)
      .openapi({ description: 'of the list' }),
    keys: count,
    bytes: count.openapi({ description: 'as far as the list tells' }),
  })
  .openapi('NamedSweep');

export const namedKeys = z
  .strictObject({
    run: z.string(mustBe('`run` of the sweep')),
    from: count.openapi({ description: 'how many of the list have come before' }),
    keys: z
      .array(
        z.strictObject({
          key: z.string(KEY_RULE).refine(isKey, KEY_RULE),
          size: count.optional().openapi({ description: 'bytes' }),
        }),
        KEYS_RULE,
      )
      .max(1_000, KEYS_RULE),
    is_last: z.boolean(mustBe('true or false')).default(false),
  })
  .openapi('NamedKeys');

export const namedSoFar = z
  .object({
    keys: z.int().openapi({ description: 'how many of the list have come' }),
    is_full: z.boolean().openapi({ description: 'nothing was taken: there is enough to do for now' }),
  })
  .openapi('NamedSoFar');

export const failedKeys = z
  .strictObject({
    keys: z
      // What failed may be too long for the target, where keys begin with another prefix.
      .array(z.string(FAILED_RULE).min(1, FAILED_RULE).max(2_048, FAILED_RULE), KEYS_RULE)
      .max(1_000, KEYS_RULE)
      .optional()
      .openapi({ description: 'those alone; all that failed, unless they are given' }),
  })
  .openapi('FailedKeys');

export const changedSettings = {
  sweep: newSettings.sweep,
  verify: z.strictObject(passLimitFields).openapi('VerifyChanges'),
};

const sum = z.object({ objects: z.int(), bytes: z.int() });
const doneOf = z.object({ done: z.int(), total: z.int() });

const settings = z.object({
  max_bandwidth: z.number().nullable(),
  max_requests: z.number().nullable(),
  window: z.string().nullable(),
  on_drift: z.enum(ON_DRIFT).optional().openapi({ description: 'of a sweep' }),
  catch_up: z.boolean().optional().openapi({ description: 'of a sweep' }),
  level: z.enum(LEVELS).optional().openapi({ description: 'of a verification' }),
  sample: z.number().optional().openapi({ description: 'of a verification' }),
});

/** One that was begun. */
const begun = z.object({
  run: z.string().openapi({ description: 'new with each pass' }),
  number: z.int().openapi({ description: 'the how-many-th of its kind since the shadow was set' }),
  settings,
  objects: doneOf,
  bytes: doneOf,
  exact: z.boolean().openapi({ description: 'false while the totals are estimated' }),
  basis: z.string().openapi({ description: 'how the totals were found' }),
  rate: z.object({ objects: z.number(), bytes: z.number() }).openapi({ description: 'per second, lately' }),
  eta_seconds: z.int().nullable().openapi({ description: 'null while it stands still' }),
  counts: z.partialRecord(z.enum(OUTCOMES), sum).openapi({ description: 'what came of keys' }),
  reasons: z
    .array(z.object({ outcome: z.string().nullable(), reason: z.string(), count: z.int() }))
    .openapi({ description: 'why, the most frequent first' }),
  findings: z
    .object({ kept: z.int(), spilled: z.int(), spilled_to: z.string().nullable() })
    .openapi({ description: 'keys that are told one by one, and those that went to a file' }),
  ranges: doneOf.openapi({ description: 'stretches of keys into which the bucket was cut' }),
  workers: z.array(z.string()).openapi({ description: 'processes that work on it now' }),
  waits_for: z.string().nullable(),
  is_over: z.boolean().openapi({ description: 'false also when another pass follows by itself' }),
});

export const pass = z
  .object({
    state: z.enum(['idle', ...PASS_STATES]),
    objects_copied: z.int(),
    bytes_copied: z.int(),
    failed: z.int(),
    started_at: z.iso.datetime().nullable(),
    finished_at: z.iso.datetime().nullable(),
    last_error: z.string().nullable(),
    ...begun.partial().shape,
  })
  .openapi('Pass');

export const retried = pass
  .extend({
    retried: z.int().openapi({ description: 'objects that are tried again, but for those that were before' }),
  })
  .openapi('RetriedPass');

export const findings = z
  .object({
    findings: z.array(
      z.object({
        key: z.string(),
        what: z.string(),
        reason: z.string(),
        bytes: z.int(),
        attempts: z.int(),
        at: z.iso.datetime(),
      }),
    ),
    next: z.string().nullable(),
  })
  .openapi('Findings');

export type SettingsInput = z.infer<typeof newSettings.sweep> & z.infer<typeof newSettings.verify>;
export type PassJson = z.infer<typeof pass>;
export type BegunPassJson = PassJson & z.infer<typeof begun>;
export type RetriedPassJson = z.infer<typeof retried>;
export type FindingsJson = z.infer<typeof findings>;
export type FindingJson = FindingsJson['findings'][number];

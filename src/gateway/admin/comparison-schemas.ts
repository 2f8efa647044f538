import { z } from '@hono/zod-openapi';
import { OCCASIONS } from '../../shadow/copying/provenance.js';
import { LEVELS, RESULTS } from '../../sweep/compare/verified.js';

const size = z.int();
const etag = z.string().nullable().openapi({ description: 'with its quotes' });
const time = z.iso.datetime().nullable();

export const verifiedKey = z
  .object({
    key: z.string(),
    size,
    source_etag: etag,
    target_etag: etag,
    hash_algorithm: z.string().nullable(),
    hash: z.string().nullable().openapi({ description: 'of both, in hexadecimal' }),
    level: z.enum(LEVELS),
    result: z.enum(RESULTS),
    reason: z.string().nullable(),
  })
  .openapi('VerifiedKey');

export const reportSummary = z
  .object({
    summary: z.object({
      level: z.enum(LEVELS),
      sample: z.number(),
      keys: z.int(),
      bytes: z.int(),
      results: z.record(z.enum(RESULTS), z.int()),
    }),
  })
  .openapi('ReportSummary');

const reportError = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

export const reportLine = z.union([verifiedKey, reportSummary, reportError]).openapi('ReportLine');

const sideOfKey = z.object({
  state: z.enum(['present', 'absent', 'delete-marker', 'unknown']),
  etag,
  size: size.nullable(),
  last_modified: time,
  metadata: z
    .record(z.string(), z.string())
    .openapi({ description: 'of an object that is present: its header fields' }),
  reason: z.string().nullable().openapi({ description: 'why it is not known' }),
});

export const explanation = z
  .object({
    bucket: z.string(),
    key: z.string(),
    where: z.enum(['target', 'shadow', 'both', 'neither', 'unknown']),
    target: sideOfKey,
    shadow: sideOfKey.nullable().openapi({ description: 'null where no shadow has a part in the key' }),
    tombstone: z
      .object({
        since: z.iso.datetime(),
        shadow_delete: z.enum(['pending', 'done', 'kept', 'hidden']),
        attempts: z.int(),
        next_attempt: time,
        last_error: z.string().nullable(),
      })
      .nullable(),
    writes: z.array(z.object({ mode: z.enum(['shared', 'exclusive']), until: z.iso.datetime() })),
    copies: z.array(
      z.object({
        state: z.enum(['valid', 'void', 'committing']),
        until: z.iso.datetime(),
        in_parts: z.boolean(),
      }),
    ),
    provenance: z
      .object({
        copied_by: z.enum(OCCASIONS),
        gateway: z.string(),
        copied_at: time,
        source_etag: etag,
        source_last_modified: time,
      })
      .nullable(),
    compared: z.object({ result: z.enum(RESULTS), reason: z.string().nullable() }).nullable(),
    get: z.object({
      answer: z.enum(['target', 'shadow', 'not-found', 'unavailable', 'slow-down']),
      copies: z.boolean(),
      why: z.string(),
    }),
  })
  .openapi('Explanation');

export type VerifiedKeyJson = z.infer<typeof verifiedKey>;
export type ReportSummaryJson = z.infer<typeof reportSummary>;
export type ReportLineJson = z.infer<typeof reportLine>;
export type ExplanationJson = z.infer<typeof explanation>;

import { createRoute, z } from '@hono/zod-openapi';
import { AUDIT_OUTCOMES, type AuditEntry } from '../../../state/audit-log.js';
import { mustBe } from '../../rules.js';
import type { AdminDependencies } from '../dependencies.js';
import { jsonAnswer, pageQuery, refusals } from '../route-parts.js';
import { createRouter } from '../router.js';

const TIME_RULE = mustBe('a time, such as 2026-11-22T09:00:00Z');
const PLACE_RULE = mustBe('`next` of the page before');

const auditEntry = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    actor: z.string().openapi({ description: '`session:`, `token:`, `key:` or `system:` and a name' }),
    address: z.string().nullable(),
    action: z.string(),
    bucket: z.string().nullable(),
    object: z.string().nullable(),
    outcome: z.enum(AUDIT_OUTCOMES),
    reason: z.string().nullable(),
    change: z.record(z.string(), z.unknown()).nullable().openapi({ description: 'without secrets' }),
  })
  .openapi('AuditEntry');

const auditPage = z
  .object({ entries: z.array(auditEntry), next: z.string().nullable() })
  .openapi('AuditPage');

export type AuditEntryJson = z.infer<typeof auditEntry>;
export type AuditPageJson = z.infer<typeof auditPage>;

const listRoute = createRoute({
  method: 'get',
  path: '/audit',
  summary: 'Who changed what, the newest first',
  request: {
    query: pageQuery.extend({
      after: z
        .string()
        .regex(/^\d{1,12}$/, PLACE_RULE)
        .optional(),
      bucket: z.string().optional(),
      actor: z.string().optional().openapi({ description: 'one, or a kind with its colon: `token:`' }),
      action: z.string().optional().openapi({ description: 'one, or all of a kind with its dot: `bucket.`' }),
      since: z.iso.datetime({ offset: true, ...TIME_RULE }).optional(),
    }),
  },
  responses: {
    200: jsonAnswer(auditPage, 'One page, which may have fewer entries than `limit` although others follow'),
    ...refusals,
  },
});

export function auditRoutes({ audit }: Pick<AdminDependencies, 'audit'>) {
  return createRouter().openapi(listRoute, async (c) => {
    const { since, after, ...query } = c.req.valid('query');
    const { entries, next } = await audit.page({
      ...query,
      ...(since !== undefined && { since: Date.parse(since) }),
      ...(after !== undefined && { after: Number(after) }),
    });
    return c.json({ entries: entries.map(entryJson), next: next === undefined ? null : String(next) }, 200);
  });
}

const entryJson = ({ id, at, ...entry }: AuditEntry): AuditEntryJson => ({
  id: String(id),
  at: new Date(at).toISOString(),
  actor: entry.actor,
  address: entry.address ?? null,
  action: entry.action,
  bucket: entry.bucket ?? null,
  object: entry.object ?? null,
  outcome: entry.outcome,
  reason: entry.reason ?? null,
  change: entry.change ?? null,
});

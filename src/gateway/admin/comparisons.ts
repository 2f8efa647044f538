import { createRoute, z } from '@hono/zod-openapi';
import { LEVELS } from '../../sweep/compare/verified.js';
import { mustBe } from '../rules.js';
import { explanation, reportLine } from './comparison-schemas.js';
import { explanationJson, reportLines } from './comparison-views.js';
import type { AdminDependencies } from './dependencies.js';
import { findBucket, findShadowedBucket } from './find-bucket.js';
import { jsonAnswer, nameParameter, refusals } from './route-parts.js';
import { createRouter } from './router.js';
import { streamed } from './streamed.js';

/** A string to the types, which would take the answer for one JSON document. */
const LINES: string = 'application/x-ndjson';

const LEVEL_RULE = mustBe(LEVELS.join(', '));
const SAMPLE_RULE = mustBe('a share of the keys, above 0 to 1');
const KEY_RULE = mustBe('the key of an object');

const reportRoute = createRoute({
  method: 'get',
  path: '/buckets/{name}/report',
  summary: 'What both stores say of every key, a line for each, in key order',
  request: {
    params: nameParameter,
    query: z.object({
      level: z.enum(LEVELS, LEVEL_RULE).default('listing'),
      sample: z.coerce.number(SAMPLE_RULE).gt(0, SAMPLE_RULE).lte(1, SAMPLE_RULE).default(1),
    }),
  },
  responses: {
    200: {
      content: { [LINES]: { schema: reportLine } },
      description: 'Only what ends with a summary is whole; an error in its place says why it is not',
    },
    ...refusals,
  },
});

const explainRoute = createRoute({
  method: 'get',
  path: '/buckets/{name}/explain',
  summary: 'Where one key lives, what became of it, and what a GET of it would do',
  request: { params: nameParameter, query: z.object({ key: z.string(KEY_RULE).min(1, KEY_RULE) }) },
  responses: { 200: jsonAnswer(explanation, 'All that is known of it'), ...refusals },
});

type Dependencies = Pick<AdminDependencies, 'buckets' | 'comparisons' | 'clock' | 'log'>;

export function comparisonRoutes({ buckets, comparisons, clock, log }: Dependencies) {
  return createRouter()
    .openapi(reportRoute, async (c) => {
      const record = await findShadowedBucket(buckets, c.req.valid('param').name);
      const { level, sample: share } = c.req.valid('query');
      const body = streamed((signal) => {
        const verified = comparisons.report(record, { level, share, signal });
        return reportLines(verified, { level, share, signal, log });
      }, clock);
      return c.body(body, 200, { 'content-type': LINES });
    })
    .openapi(explainRoute, async (c) => {
      const record = await findBucket(buckets, c.req.valid('param').name);
      const told = await comparisons.explain(record, c.req.valid('query').key, c.req.raw.signal);
      return c.json(explanationJson(record.name, told, clock.now()), 200);
    });
}

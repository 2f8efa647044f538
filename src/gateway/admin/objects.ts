import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { encodeKey, hasKeyLength, isKey, MAX_KEY_BYTES } from '../../s3/keys.js';
import { presignUrl } from '../../s3/sigv4/presign.js';
import type { BrowsedLine, BrowsedPage } from '../../sweep/compare/browse.js';
import { mustBe } from '../rules.js';
import type { AdminDependencies } from './dependencies.js';
import { AdminError } from './errors.js';
import { findBucket } from './find-bucket.js';
import { type ObjectPageJson, objectPage, presigned } from './object-schemas.js';
import { jsonAnswer, jsonBody, nameParameter, pageQuery, refusals } from './route-parts.js';
import { createRouter } from './router.js';

const NAME_RULE = mustBe(`text of at most ${MAX_KEY_BYTES} bytes of UTF-8`);
const KEY_RULE = mustBe('the key of an object');
const EXPIRES_RULE = mustBe('a whole number of seconds from 1 to 604800');

/** Clients sign for any region; for one of them a URL has to be signed. */
const REGION = 'auto';

const name = z.string(NAME_RULE).refine(hasKeyLength, NAME_RULE);

const listRoute = createRoute({
  method: 'get',
  path: '/buckets/{name}/objects',
  summary: 'A page of what both stores list, and where each key lives',
  request: {
    params: nameParameter,
    query: z.object({
      prefix: name.default(''),
      delimiter: name
        .default('')
        .openapi({ description: 'keys are told as one that have it after the prefix' }),
      after: name.optional().openapi({ description: '`next` of the page before, or where to begin' }),
      limit: pageQuery.shape.limit,
    }),
  },
  responses: { 200: jsonAnswer(objectPage, 'One page'), ...refusals },
});

const presignRoute = createRoute({
  method: 'post',
  path: '/buckets/{name}/presign',
  summary: 'A URL by which anybody can download an object for a time',
  request: {
    params: nameParameter,
    body: jsonBody(
      z
        .strictObject({
          key: z.string(KEY_RULE).refine(isKey, KEY_RULE),
          expires_seconds: z.int(EXPIRES_RULE).min(1, EXPIRES_RULE).max(604_800, EXPIRES_RULE).default(3_600),
        })
        .openapi('Presign'),
    ),
  },
  responses: { 200: jsonAnswer(presigned, 'Signed with an access key of the bucket'), ...refusals },
});

type Dependencies = Pick<AdminDependencies, 'buckets' | 'accessKeys' | 'comparisons' | 'publicUrl' | 'clock'>;

/** Objects: where they live, and a way to have one. */
export function objectRoutes({ buckets, accessKeys, comparisons, publicUrl, clock }: Dependencies) {
  return createRouter()
    .openapi(listRoute, async (c) => {
      const record = await findBucket(buckets, c.req.valid('param').name);
      const { limit: maxKeys, ...range } = c.req.valid('query');
      const page = await comparisons.browse(record, { ...range, maxKeys, signal: c.req.raw.signal });
      return c.json(pageJson(page), 200);
    })
    .openapi(presignRoute, async (c) => {
      const { name: bucket } = await findBucket(buckets, c.req.valid('param').name);
      const { key, expires_seconds: expiresIn } = c.req.valid('json');
      const { items } = await accessKeys.list({ bucket, limit: 1 });
      const [credentials] = items;
      if (!credentials)
        throw new AdminError(
          409,
          'no_key',
          `bucket "${bucket}" has no access key to sign with: make one first`,
        );
      const now = clock.now();
      const url = presignUrl({
        method: 'GET',
        origin: publicUrl ?? originOf(c),
        path: `/${bucket}/${encodeKey(key)}`,
        // A browser must not take it for a page of the gateway's own.
        query: [['response-content-disposition', 'attachment']],
        expiresIn,
        credentials,
        region: REGION,
        now,
      });
      return c.json({ url, expires_at: new Date(now + expiresIn * 1_000).toISOString() }, 200);
    });
}

/** As whoever asks has it. */
const originOf = (c: Context): string => new URL(c.req.url).origin;

function pageJson({ lines, next }: BrowsedPage): ObjectPageJson {
  return {
    prefixes: lines
      .filter(({ isPrefix }) => isPrefix)
      .map((line) => ({ prefix: line.name, where: whereOf(line) })),
    objects: lines.flatMap((line) =>
      line.object
        ? [
            {
              key: line.name,
              where: line.isDeleted ? ('tombstone' as const) : whereOf(line),
              size: line.object.size,
              etag: line.object.etag,
              last_modified: line.object.lastModified,
            },
          ]
        : [],
    ),
    next: next ?? null,
  };
}

const whereOf = ({ inTarget, inShadow }: BrowsedLine) =>
  inTarget && inShadow ? 'both' : inTarget ? 'target' : 'shadow';

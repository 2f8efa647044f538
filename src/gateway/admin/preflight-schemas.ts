import { z } from '@hono/zod-openapi';
import { EXPECTED_LOSSES } from '../preflight/losses.js';

const requests = z.object({
  list: z.int(),
  head: z.int(),
  get: z.int(),
  put: z.int(),
  delete: z.int(),
  total: z.int(),
});

export const preflight = z
  .object({
    bucket: z.string(),
    from_backend: z.string(),
    to_backend: z.string(),
    target_bucket: z.string(),
    objects: z.int(),
    bytes: z.int(),
    exact: z.boolean().openapi({ description: 'false when the numbers are estimates, or lower bounds' }),
    basis: z.string().openapi({ description: 'how the numbers were found' }),
    rate: z
      .object({ objects: z.number(), bytes: z.number(), basis: z.string() })
      .nullable()
      .openapi({ description: 'per second, measured with a few objects' }),
    eta_seconds: z.int().nullable().openapi({ description: 'at that rate' }),
    requests: z.object({ source: requests, target: requests }).openapi({ description: 'about so many' }),
    cost: z
      .object({ price_per_1000: z.number(), source: z.number(), target: z.number(), total: z.number() })
      .nullable(),
    at_target: z.object({
      bucket_exists: z.boolean(),
      objects: z.int(),
      exact: z.boolean().openapi({ description: 'false when there are more' }),
      first_keys: z.array(z.string()),
    }),
    losses: z
      .array(
        z.object({
          what: z.enum(EXPECTED_LOSSES),
          reason: z.string(),
          objects: z.int(),
          example: z.string(),
        }),
      )
      .openapi({ description: 'what objects of the sample have and the target would not keep' }),
    bucket_settings: z
      .array(z.string())
      .openapi({ description: 'sub-resources of the bucket that are not copied, such as cors' }),
    sampled: z.int().openapi({ description: 'objects that were looked at one by one' }),
    problems: z.array(z.string()).openapi({ description: 'why the job would be refused, or fail' }),
  })
  .openapi('Preflight');

export type PreflightJson = z.infer<typeof preflight>;
export type RequestsJson = z.infer<typeof requests>;

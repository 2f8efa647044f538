import { z } from '@hono/zod-openapi';

export const WHERE = ['target', 'shadow', 'both'] as const;

export const objectPage = z
  .object({
    prefixes: z.array(z.object({ prefix: z.string(), where: z.enum(WHERE) })),
    objects: z.array(
      z.object({
        key: z.string(),
        where: z
          .enum([...WHERE, 'tombstone'])
          .openapi({ description: 'tombstone: clients deleted it, and the shadow still has it' }),
        size: z.int(),
        etag: z.string().openapi({ description: 'with its quotes' }),
        last_modified: z.iso.datetime(),
      }),
    ),
    next: z.string().nullable().openapi({ description: '`after` of the next page' }),
  })
  .openapi('Objects');

export const presigned = z.object({ url: z.string(), expires_at: z.iso.datetime() }).openapi('PresignedUrl');

export type ObjectPageJson = z.infer<typeof objectPage>;
export type PresignedJson = z.infer<typeof presigned>;

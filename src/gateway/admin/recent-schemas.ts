import { z } from '@hono/zod-openapi';

const time = z.iso.datetime().nullable();

const storeHealth = z
  .object({
    name: z.string().openapi({ description: 'a backend, or an endpoint that a bucket or a shadow is at' }),
    reachable: z.boolean().nullable().openapi({
      description:
        'whether it answered, whatever the answer was, when it was asked last; null: it was not asked',
    }),
    since: time,
    last_answer: time,
    last_failure: z
      .object({
        at: z.iso.datetime(),
        reason: z.string().openapi({ description: 'connect, timeout or reset' }),
      })
      .nullable(),
    first_byte: z
      .object({ count: z.int(), p50_ms: z.number(), p99_ms: z.number() })
      .nullable()
      .openapi({ description: 'of GETs and HEADs of objects in the last ten minutes, estimated' }),
    shadows: z
      .array(z.object({ bucket: z.string(), breaker: z.enum(['open', 'closed']) }))
      .openapi({ description: 'buckets whose shadow is there; open: it is not asked for a while' }),
  })
  .openapi('StoreHealth');

const seenBy = {
  gateway: z.string().openapi({ description: 'the one that has seen it; others tell of themselves' }),
  processes: z.int().openapi({ description: 'of it, all together' }),
};

export const storesHealth = z.object({ ...seenBy, stores: z.array(storeHealth) }).openapi('StoresHealth');

const copies = z.object({ objects: z.int(), bytes: z.int() });

export const bucketHistory = z
  .object({
    ...seenBy,
    points: z.array(
      z.object({
        at: z.iso.datetime(),
        run: z.string().nullable().openapi({ description: 'of the sweep: another one counts anew' }),
        sweep: copies.openapi({ description: 'copied until then, by all processes there are' }),
        reads: copies.openapi({ description: 'copied by reads of clients until then, of all gateways' }),
        served: z.object({ target: z.int(), shadow: z.int(), none: z.int() }).openapi({
          description:
            'GETs and HEADs of objects to this gateway since the point before, by what served them',
        }),
      }),
    ),
  })
  .openapi('BucketHistory');

export type StoreHealthJson = z.infer<typeof storeHealth>;
export type StoresHealthJson = z.infer<typeof storesHealth>;
export type BucketHistoryJson = z.infer<typeof bucketHistory>;

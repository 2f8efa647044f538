import { z } from 'zod';
import type { Kv, KvEntry } from './kv.js';
import { untilDone } from './record-store.js';

export interface CopyCount {
  readonly objects: number;
  readonly bytes: number;
}

export const NO_COPIES: CopyCount = { objects: 0, bytes: 0 };

/** Batches that are remembered as stored: an attempt that was not answered may have been. */
const MAX_REMEMBERED = 20;

const counted = z.object({
  /** When the shadow was set, ISO 8601. */
  since: z.string(),
  objects: z.number(),
  bytes: z.number(),
  stored: z.array(z.string()),
});
type Counted = z.infer<typeof counted>;

/**
 * How many objects, and bytes, clients' reads have copied from the shadow that a bucket has: one pair for each bucket.
 *
 * @throws KvUnavailable from every method
 */
export class CopyCounts {
  constructor(private readonly kv: Kv) {}

  /** @param since when the shadow was set: what was copied from another one does not count */
  async read(bucketId: string, since: string): Promise<CopyCount> {
    const found = countedSince(since, await this.kv.get(keyOf(bucketId)));
    return found.since === since ? { objects: found.objects, bytes: found.bytes } : NO_COPIES;
  }

  /** Adds a batch, once: it is known by its `id`, should it be stored again because the first answer did not come. */
  async add(bucketId: string, since: string, batch: CopyCount & { readonly id: string }): Promise<void> {
    await untilDone(`copies of ${bucketId}`, async () => {
      const key = keyOf(bucketId);
      const entry = await this.kv.get(key);
      const before = countedSince(since, entry);
      // What was copied from a shadow that is gone is told late.
      if (before.since > since || before.stored.includes(batch.id)) return true;
      const after: Counted = {
        since,
        objects: before.objects + batch.objects,
        bytes: before.bytes + batch.bytes,
        stored: [...before.stored, batch.id].slice(-MAX_REMEMBERED),
      };
      const checks = [{ key, version: entry?.version ?? null }];
      return (
        (await this.kv.commit({ checks, sets: [{ key, value: JSON.stringify(after) }] })) !== null || 'retry'
      );
    });
  }

  async forget(bucketId: string): Promise<void> {
    await this.kv.commit({ deletes: [keyOf(bucketId)] });
  }
}

const keyOf = (bucketId: string): string => `copied/${bucketId}`;

/** What was counted since then, or of a later shadow. */
function countedSince(since: string, entry: KvEntry | null): Counted {
  const found = entry ? counted.parse(JSON.parse(entry.value)) : undefined;
  return found && found.since >= since ? found : { ...NO_COPIES, since, stored: [] };
}

import { z } from 'zod';
import type { Kv } from './kv.js';
import { fromUrlSafe, type Sealer, toUrlSafe } from './sealing.js';

/** The two uploads of one key that clients know by one id. */
export interface UploadPair {
  /** The target's own id of its upload. */
  readonly target: string;
  /** The shadow's. */
  readonly shadow: string;
  /** Whether the ETags of both are MD5s, so that they say whether two parts are the same. */
  readonly digests: boolean;
}

/**
 * Upload ids that stand for two uploads. All that is known of them is sealed in the id itself, so that they hold on any gateway
 * and after any restart; what the state keeps serves listings alone.
 */
export interface UploadIds {
  /** URL-safe, and less than 1 KiB with ids of the length that stores give. */
  seal(pair: UploadPair, key: string): string;
  /** Whether an id was sealed for a key of this bucket, or pretends to be. */
  isSealed(id: string): boolean;
  /** @throws SealBroken when it is forged, or belongs to another key */
  open(id: string, key: string): UploadPair;
  /** Lets listings find the sealed id by the target's; the shadow's can be the target one day. */
  remember(pair: UploadPair, id: string): Promise<void>;
  forget(pair: UploadPair): Promise<void>;
  /** The sealed ids of those of the target's uploads that are halves, by the target's ids; one round trip. */
  sealedIds(targetIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** How long an unfinished upload is listed by its sealed id: as long as such uploads are commonly kept. Later it has the target's. */
export const LISTED_FOR_MS = 7 * 86_400_000;

/** `swaps` of the bucket when the id was sealed; 0 unless it says so. */
const pairSchema = z.tuple([z.string(), z.string(), z.boolean(), z.number().default(0)]);

export interface UploadIdsOptions {
  readonly kv: Kv;
  readonly sealer: Sealer;
  readonly bucketId: string;
  /** How often the bucket's target and shadow have changed places; an id holds on. */
  readonly swaps?: number;
}

export function createUploadIds({ kv, sealer, bucketId, swaps = 0 }: UploadIdsOptions): UploadIds {
  const prefix = `penumbra.${bucketId}.`;
  const contextOf = (key: string) => `upload/${bucketId}/${key}`;
  const entryOf = (targetId: string) => `upload/${bucketId}/${targetId}`;
  return {
    seal({ target, shadow, digests }, key) {
      const sealed = sealer.seal(JSON.stringify([target, shadow, digests, swaps]), contextOf(key));
      return prefix + toUrlSafe(sealed);
    },
    isSealed: (id) => id.startsWith(prefix),
    open(id, key) {
      const opened = sealer.open(fromUrlSafe(id.slice(prefix.length)), contextOf(key));
      const [target, shadow, digests, sealedAt] = pairSchema.parse(JSON.parse(opened));
      return { ...asOf(swaps - sealedAt, { target, shadow }), digests };
    },
    async remember({ target, shadow }, id) {
      const entry = { value: id, expireIn: LISTED_FOR_MS };
      await kv.commit({ sets: [target, shadow].map((half) => ({ key: entryOf(half), ...entry })) });
    },
    async forget({ target, shadow }) {
      await kv.commit({ deletes: [target, shadow].map(entryOf) });
    },
    async sealedIds(targetIds) {
      if (targetIds.length === 0) return new Map();
      const entries = await kv.getMany(targetIds.map(entryOf));
      const found = targetIds.map((id, index) => [id, entries[index]?.value] as const);
      return new Map(found.filter((pair): pair is readonly [string, string] => pair[1] !== undefined));
    },
  };
}

/** What was the target's is the shadow's after each swap. */
export const asOf = (
  swaps: number,
  { target, shadow }: Pick<UploadPair, 'target' | 'shadow'>,
): Pick<UploadPair, 'target' | 'shadow'> =>
  swaps % 2 === 0 ? { target, shadow } : { target: shadow, shadow: target };

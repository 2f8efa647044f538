import { LRUCache } from 'lru-cache';
import { Pool, type PoolOptions } from './http1/pool.js';

// Virtual-hosted addresses have an origin per bucket; those of buckets not used for long are closed.
const MAX_ORIGINS = 256;

export interface Pools {
  poolFor(origin: string): Pool;
  close(): Promise<void>;
}

/** One bounded pool of kept-alive HTTP/1.1 connections per origin. */
export function createPools(options: PoolOptions): Pools {
  const closing = new Set<Promise<void>>();
  const dispose = (pool: Pool) => {
    const closed = pool.close().finally(() => closing.delete(closed));
    closing.add(closed);
  };
  const pools = new LRUCache<string, Pool>({ max: MAX_ORIGINS, dispose });

  return {
    poolFor(origin) {
      const known = pools.get(origin);
      if (known) return known;
      const pool = new Pool(origin, options);
      pools.set(origin, pool);
      return pool;
    },
    async close() {
      pools.clear();
      await Promise.all(closing);
    },
  };
}

import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { LRUCache } from 'lru-cache';
import { Pool } from 'undici';
import type { Times } from '../../system/times.js';

// Virtual-hosted addresses have an origin per bucket; those of buckets not used for long are closed.
const MAX_ORIGINS = 256;

export type RemoteTimes = Pick<Times, 'connectMs' | 'firstByteMs' | 'idleMs'>;

export interface PoolOptions extends RemoteTimes {
  readonly maxConnections: number;
}

export interface Pools {
  poolFor(origin: string): Pool;
  close(): Promise<void>;
}

/** One bounded pool of kept-alive HTTP/1.1 connections per origin. No interceptor: undici itself never retries. */
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
      const pool = createPool(origin, options);
      pools.set(origin, pool);
      return pool;
    },
    async close() {
      pools.clear();
      await Promise.all(closing);
    },
  };
}

function createPool(origin: string, options: PoolOptions): Pool {
  return new Pool(origin, {
    connections: options.maxConnections,
    pipelining: 1,
    connect: { timeout: options.connectMs, lookup: lookupWithLocalhost },
    headersTimeout: options.firstByteMs,
    bodyTimeout: options.idleMs,
  });
}

/** Names under `localhost` are loopback (RFC 6761, 6.3), which not every resolver knows. */
const lookupWithLocalhost: LookupFunction = (hostname, options, callback) =>
  lookup(hostname.endsWith('.localhost') ? 'localhost' : hostname, options, callback);

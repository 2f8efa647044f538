import { Redis } from 'ioredis';
import { DEFAULT_PREFIX, redisKeys } from '../src/state/redis-scripts.js';

/** A Redis that holds the demo's state while it runs. */
export interface BorrowedRedis {
  /** Removes what the demo has put there. */
  giveBack(): Promise<void>;
}

const KEYS = [...redisKeys(DEFAULT_PREFIX)];

/** @throws Error when it cannot be reached, or has a Penumbra's state already: that is not the demo's to remove. */
export async function borrowRedis(url: string): Promise<BorrowedRedis> {
  const used = await withRedis(url, (redis) => redis.exists(KEYS));
  if (used > 0) {
    throw new Error('that Redis has the state of a Penumbra already: give the demo a database of its own');
  }
  return {
    async giveBack() {
      await withRedis(url, (redis) => redis.del(KEYS));
    },
  };
}

async function withRedis<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  let fault: Error | undefined;
  redis.on('error', (error: Error) => {
    fault = error;
  });
  try {
    await redis.connect();
    return await use(redis);
  } catch (error) {
    throw fault ?? error;
  } finally {
    redis.disconnect();
  }
}

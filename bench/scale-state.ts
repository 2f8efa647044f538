import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Kv } from '../src/state/kv.js';
import { openLmdbKv } from '../src/state/lmdb-kv.js';
import { openRedisKv } from '../src/state/redis-kv.js';
import { systemClock } from '../src/system/clock.js';
import { startRedis } from '../test/support/redis.js';

/** Where a mover keeps what outlives it, looked at from beside it. */
export interface ScaleState {
  readonly name: string;
  /** Of `penumbra serve`. */
  readonly flags: readonly string[];
  readonly kv: Kv;
  /** Bytes that it takes now, with all that is around the pairs: on the disk, or in memory beyond what it began with. */
  taken(): Promise<number>;
  close(): Promise<void>;
}

/** Of the gateway whose data is in the folder. */
export async function embeddedState(data: string): Promise<ScaleState> {
  const path = join(data, 'state');
  const kv = await openLmdbKv({ path, clock: systemClock });
  return {
    name: 'the state embedded',
    flags: [],
    kv,
    taken: async () => (await stat(join(path, 'data.mdb'))).size,
    close: () => kv.close(),
  };
}

/** A Redis of its own, which has the queue of ranges as well. */
export async function redisState(): Promise<ScaleState> {
  const server = await startRedis();
  const redis = new Redis(server.url);
  const kv = await openRedisKv({ url: server.url, clock: systemClock });
  const used = async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  const before = await used();
  return {
    name: 'the state in Redis',
    flags: ['--redis', server.url],
    kv,
    taken: async () => (await used()) - before,
    async close() {
      redis.disconnect();
      await kv.close();
      await server.close();
    },
  };
}

const PAGE = 500;

/** Of all keys and values, as UTF-8. */
export async function bytesOf(kv: Kv): Promise<number> {
  let bytes = 0;
  for (let start = ''; ; ) {
    const entries = await kv.list({ limit: PAGE, ...(start !== '' && { start }) });
    for (const { key, value } of entries) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
    const last = entries.at(-1);
    if (entries.length < PAGE || !last) return bytes;
    start = `${last.key}\0`;
  }
}

import type { Clock } from '../system/clock.js';
import type { Kv, KvCommit, KvEntry, KvRange } from './kv.js';
import { assertKvCommit, assertKvKey, assertKvRange } from './kv-limits.js';
import { boundsOf } from './kv-range.js';
import { RedisConnection } from './redis-connection.js';
import { COMMIT, channelPrefix, DEFAULT_PREFIX, GET_MANY, LIST, redisKeys } from './redis-scripts.js';
import { RedisWatch } from './redis-watch.js';

export interface RedisKvOptions {
  /** redis://[user:password@]host[:port][/database], or rediss:// for TLS. Redis 5 or newer. */
  readonly url: string;
  readonly clock: Clock;
  /** Keeps installations that share one Redis apart. */
  readonly prefix?: string;
  /** How long a call may take, ms. */
  readonly deadline?: number;
}

/**
 * The store for more than one machine. Pairs expire by the clock of the Redis server. A commit is as durable as that
 * server's persistence makes it.
 *
 * @throws KvUnavailable when the server cannot be reached now; later it may go and come back.
 */
export async function openRedisKv({
  url,
  clock,
  prefix = DEFAULT_PREFIX,
  deadline = 1_000,
}: RedisKvOptions): Promise<Kv> {
  const calls = new RedisConnection({ url, clock, deadline });
  const messages = new RedisConnection({ url, clock, deadline });
  try {
    await Promise.all([calls.connect(), messages.connect()]);
  } catch (error) {
    await Promise.all([calls.close(), messages.close()]);
    throw error;
  }
  return new RedisKv(calls, new RedisWatch(messages, channelPrefix(prefix), clock), prefix);
}

class RedisKv implements Kv {
  readonly #keys: readonly string[];

  constructor(
    private readonly connection: RedisConnection,
    private readonly watches: RedisWatch,
    private readonly prefix: string,
  ) {
    this.#keys = redisKeys(prefix);
  }

  async get(key: string): Promise<KvEntry | null> {
    const [entry = null] = await this.getMany([key]);
    return entry;
  }

  async getMany(keys: readonly string[]): Promise<(KvEntry | null)[]> {
    keys.forEach(assertKvKey);
    const pairs = (await this.connection.run(GET_MANY, this.#keys, keys)) as (string | null)[];
    return keys.map((key, index) => {
      const pair = pairs[index] ?? null;
      return pair === null ? null : entryOf(key, pair);
    });
  }

  async list(range: KvRange): Promise<KvEntry[]> {
    assertKvRange(range);
    const { start, end } = boundsOf(range);
    const bounds = [Buffer.concat([INCLUSIVE, start]), Buffer.concat([EXCLUSIVE, end])];
    const found = await this.connection.run(LIST, this.#keys, [...bounds, `${range.limit}`]);
    return (found as [key: string, pair: string][]).map(([key, pair]) => entryOf(key, pair));
  }

  async commit(commit: KvCommit): Promise<string | null> {
    assertKvCommit(commit);
    const { checks = [], sets = [], deletes = [] } = commit;
    const version = await this.connection.run(COMMIT, this.#keys, [
      channelPrefix(this.prefix),
      ...[checks, sets, deletes].map(({ length }) => `${length}`),
      ...checks.flatMap(({ key, version }) => [key, version ?? '']),
      ...sets.flatMap(({ key, value, expireIn }) => [key, value, expireIn ? `${Math.ceil(expireIn)}` : '']),
      ...deletes,
    ]);
    return version as string | null;
  }

  watch(prefix: string, onChange: (key: string | null) => void): () => void {
    return this.watches.add(prefix, onChange);
  }

  async close(): Promise<void> {
    await Promise.all([this.connection.close(), this.watches.close()]);
  }
}

/** Marks of ZRANGEBYLEX. */
const INCLUSIVE = Buffer.from('[');
const EXCLUSIVE = Buffer.from('(');

function entryOf(key: string, pair: string): KvEntry {
  const space = pair.indexOf(' ');
  return { key, value: pair.slice(space + 1), version: pair.slice(0, space) };
}

import { randomUUID } from 'node:crypto';
import type { Clock } from '../system/clock.js';
import type { Kv, KvCommit, KvEntry, KvRange } from './kv.js';
import { assertKvCommit, assertKvKey, assertKvRange } from './kv-limits.js';
import { boundsOf } from './kv-range.js';
import { RedisConnection } from './redis-connection.js';
import {
  COMMIT,
  channelPrefix,
  DEFAULT_PREFIX,
  GET_MANY,
  LIST,
  OPEN,
  type RedisScript,
  redisKeys,
} from './redis-scripts.js';
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
 * server's persistence makes it. A server that comes back without the state, or with another one, counts as away:
 * what was deleted, or is being written, stood in the one that was opened.
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
    const name = String(await calls.run(OPEN, redisKeys(prefix), [randomUUID()]));
    return new RedisKv({
      calls,
      watches: new RedisWatch(messages, channelPrefix(prefix), clock),
      prefix,
      name,
    });
  } catch (error) {
    await Promise.all([calls.close(), messages.close()]);
    throw error;
  }
}

interface RedisKvParts {
  readonly calls: RedisConnection;
  readonly watches: RedisWatch;
  readonly prefix: string;
  /** Of the state that was opened. */
  readonly name: string;
}

class RedisKv implements Kv {
  readonly #keys: readonly string[];

  constructor(private readonly parts: RedisKvParts) {
    this.#keys = redisKeys(parts.prefix);
  }

  async get(key: string): Promise<KvEntry | null> {
    const [entry = null] = await this.getMany([key]);
    return entry;
  }

  async getMany(keys: readonly string[]): Promise<(KvEntry | null)[]> {
    keys.forEach(assertKvKey);
    const pairs = (await this.#run(GET_MANY, keys)) as (string | null)[];
    return keys.map((key, index) => {
      const pair = pairs[index] ?? null;
      return pair === null ? null : entryOf(key, pair);
    });
  }

  async list(range: KvRange): Promise<KvEntry[]> {
    assertKvRange(range);
    const { start, end } = boundsOf(range);
    const bounds = [Buffer.concat([INCLUSIVE, start]), Buffer.concat([EXCLUSIVE, end])];
    const found = await this.#run(LIST, [...bounds, `${range.limit}`]);
    return (found as [key: string, pair: string][]).map(([key, pair]) => entryOf(key, pair));
  }

  async commit(commit: KvCommit): Promise<string | null> {
    assertKvCommit(commit);
    const { checks = [], sets = [], deletes = [] } = commit;
    const version = await this.#run(COMMIT, [
      channelPrefix(this.parts.prefix),
      ...[checks, sets, deletes].map(({ length }) => `${length}`),
      ...checks.flatMap(({ key, version }) => [key, version ?? '']),
      ...sets.flatMap(({ key, value, expireIn }) => [key, value, expireIn ? `${Math.ceil(expireIn)}` : '']),
      ...deletes,
    ]);
    return version as string | null;
  }

  watch(prefix: string, onChange: (key: string | null) => void): () => void {
    return this.parts.watches.add(prefix, onChange);
  }

  async close(): Promise<void> {
    await Promise.all([this.parts.calls.close(), this.parts.watches.close()]);
  }

  #run(script: RedisScript, args: readonly (string | Buffer)[]): Promise<unknown> {
    return this.parts.calls.run(script, this.#keys, [...args, this.parts.name]);
  }
}

/** Marks of ZRANGEBYLEX. */
const INCLUSIVE = Buffer.from('[');
const EXCLUSIVE = Buffer.from('(');

function entryOf(key: string, pair: string): KvEntry {
  const space = pair.indexOf(' ');
  return { key, value: pair.slice(space + 1), version: pair.slice(0, space) };
}

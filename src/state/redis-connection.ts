import { Redis } from 'ioredis';
import type { Clock } from '../system/clock.js';
import { messageOf } from '../system/thrown.js';
import { withinDeadline } from './deadline.js';
import { KvUnavailable } from './kv.js';
import type { RedisScript } from './redis-scripts.js';

export interface RedisConnectionOptions {
  readonly url: string;
  readonly clock: Clock;
  /** How long a call may take, ms. */
  readonly deadline: number;
}

export interface RedisListener {
  readonly onReady: () => void;
  readonly onMessage: (pattern: string, channel: string) => void;
}

const LONGEST_PAUSE_MS = 1_000;

/**
 * One connection that comes back by itself. While it is away every call fails at once, and no call is ever sent
 * twice: whether the first one applied cannot be known.
 */
export class RedisConnection {
  readonly #redis: Redis;
  #fault: Error | undefined;

  constructor(private readonly options: RedisConnectionOptions) {
    this.#redis = new Redis(options.url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      maxRetriesPerRequest: 0,
      connectTimeout: 2 * options.deadline,
      // A peer that vanished without a word: the connection is given up and made anew.
      socketTimeout: 2 * options.deadline,
      retryStrategy: (attempt) => Math.min(50 * attempt, LONGEST_PAUSE_MS),
      // After a failover the former master only reads: look for the new one.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
    });
    this.#redis.on('error', (error: Error) => {
      this.#fault = error;
    });
  }

  /** Resolves when the first connection stands. */
  async connect(): Promise<void> {
    await this.#answer(this.#redis.connect());
  }

  /** `onReady` runs each time the connection stands anew. */
  listen({ onReady, onMessage }: RedisListener): void {
    this.#redis.on('ready', onReady);
    this.#redis.on('pmessage', onMessage);
  }

  async subscribe(patterns: readonly string[]): Promise<void> {
    await this.#answer(this.#redis.psubscribe(...patterns));
  }

  async unsubscribe(pattern: string): Promise<void> {
    await this.#answer(this.#redis.punsubscribe(pattern));
  }

  async ping(): Promise<void> {
    await this.#answer(this.#redis.ping());
  }

  /** Runs a script, sending its text only when the server does not know it yet. */
  async run(
    script: RedisScript,
    keys: readonly string[],
    args: readonly (string | Buffer)[],
  ): Promise<unknown> {
    try {
      return await this.#answer(this.#redis.evalsha(script.sha, keys.length, ...keys, ...args));
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return this.#answer(this.#redis.eval(script.text, keys.length, ...keys, ...args));
    }
  }

  /** Lets calls under way be answered, within the deadline. */
  async close(): Promise<void> {
    await Promise.allSettled([this.#answer(this.#redis.quit())]);
    this.#redis.disconnect();
  }

  async #answer<T>(pending: Promise<T>): Promise<T> {
    try {
      return await withinDeadline(pending, this.options.deadline, this.options.clock);
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  /** While the connection is away, why it is says more than that it is. */
  #unavailable(error: unknown): KvUnavailable {
    if (error instanceof KvUnavailable) return error;
    const reason = (this.#redis.status === 'ready' ? undefined : this.#fault) ?? error;
    return new KvUnavailable(messageOf(reason), { cause: error });
  }
}

/** The server forgot its scripts when it restarted; nothing was done. */
const isUnknownScript = (error: unknown): boolean =>
  error instanceof KvUnavailable &&
  error.cause instanceof Error &&
  error.cause.message.startsWith('NOSCRIPT');

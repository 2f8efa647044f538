import type { Clock } from '../system/clock.js';
import { KvUnavailable } from './kv.js';
import type { RedisConnection } from './redis-connection.js';

type OnChange = (key: string | null) => void;

/** How often a quiet connection is asked whether it is still there, ms. */
const PING_MS = 5_000;

/**
 * Watches over publish and subscribe, on a connection of its own. The server picks the channels that a watch asks
 * for, so a gateway is not told of what it does not watch.
 */
export class RedisWatch {
  readonly #watches = new Map<string, Set<OnChange>>();
  #closed = false;

  constructor(
    private readonly connection: RedisConnection,
    private readonly channels: string,
    private readonly clock: Clock,
  ) {
    connection.listen({
      onReady: () => this.#subscribe([...this.#watches.keys()]),
      onMessage: (pattern, channel) => this.#tell(pattern, channel.slice(channels.length)),
    });
    this.#ping();
  }

  add(prefix: string, onChange: OnChange): () => void {
    const pattern = `${escapeGlob(this.channels + prefix)}*`;
    const watches = this.#watches.get(pattern) ?? new Set();
    this.#watches.set(pattern, watches.add(onChange));
    this.#subscribe([pattern]);
    return () => {
      if (!watches.delete(onChange) || watches.size > 0) return;
      this.#watches.delete(pattern);
      this.#attempt(() => this.connection.unsubscribe(pattern));
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.connection.close();
  }

  /** What changed before the subscription stood was not heard. */
  #subscribe(patterns: readonly string[]): void {
    if (patterns.length === 0) return;
    this.#attempt(async () => {
      await this.connection.subscribe(patterns);
      for (const pattern of patterns) this.#tell(pattern, null);
    });
  }

  #tell(pattern: string, key: string | null): void {
    for (const onChange of this.#watches.get(pattern) ?? []) onChange(key);
  }

  #ping(): void {
    this.clock.after(PING_MS, async () => {
      if (this.#closed) return;
      await this.#attempt(() => this.connection.ping());
      this.#ping();
    });
  }

  /** A connection that does not answer is made anew by itself, and all is subscribed again when it stands. */
  async #attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof KvUnavailable)) throw error;
    }
  }
}

const escapeGlob = (text: string): string => text.replaceAll(/[\\*?[\]]/g, '\\$&');

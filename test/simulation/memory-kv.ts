import { type Kv, type KvCommit, type KvEntry, type KvRange, KvUnavailable } from '../../src/state/kv.js';

/** The pairs that all gateways of a run share. Calls take effect at once; what delays or fails them stands before it. */
export class MemoryKv implements Kv {
  readonly #pairs = new Map<string, KvEntry>();
  #version = 0;
  available = true;

  async get(key: string): Promise<KvEntry | null> {
    this.#assertAvailable();
    return this.#pairs.get(key) ?? null;
  }

  async getMany(keys: readonly string[]): Promise<(KvEntry | null)[]> {
    this.#assertAvailable();
    return keys.map((key) => this.#pairs.get(key) ?? null);
  }

  async list({ prefix = '', start = '', end, limit }: KvRange): Promise<KvEntry[]> {
    this.#assertAvailable();
    const inRange = [...this.#pairs.values()].filter(
      ({ key }) => key.startsWith(prefix) && key >= start && (end === undefined || key < end),
    );
    return inRange.sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, limit);
  }

  async commit({ checks = [], sets = [], deletes = [] }: KvCommit): Promise<string | null> {
    this.#assertAvailable();
    const hold = checks.every(({ key, version }) => (this.#pairs.get(key)?.version ?? null) === version);
    if (!hold) return null;
    this.#version += 1;
    const version = String(this.#version);
    for (const key of deletes) this.#pairs.delete(key);
    for (const { key, value } of sets) this.#pairs.set(key, { key, value, version });
    return version;
  }

  watch(): () => void {
    return () => undefined;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #assertAvailable(): void {
    if (!this.available) throw new KvUnavailable('simulated');
  }
}

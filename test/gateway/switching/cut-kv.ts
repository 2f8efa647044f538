import { type Kv, type KvCommit, type KvRange, KvUnavailable } from '../../../src/state/kv.js';

/** The state as one gateway reaches it, over a line that can be cut. */
export class CutKv implements Kv {
  #isCut = false;
  readonly #watchers = new Set<(key: string | null) => void>();

  constructor(private readonly kv: Kv) {}

  cut(): void {
    this.#isCut = true;
  }

  /** What changed meanwhile was not heard of. */
  mend(): void {
    this.#isCut = false;
    for (const onChange of this.#watchers) onChange(null);
  }

  async get(key: string) {
    return this.#line().get(key);
  }

  async getMany(keys: readonly string[]) {
    return this.#line().getMany(keys);
  }

  async list(range: KvRange) {
    return this.#line().list(range);
  }

  async commit(commit: KvCommit) {
    return this.#line().commit(commit);
  }

  watch(prefix: string, onChange: (key: string | null) => void): () => void {
    this.#watchers.add(onChange);
    const end = this.kv.watch(prefix, (key) => {
      if (!this.#isCut) onChange(key);
    });
    return () => {
      this.#watchers.delete(onChange);
      end();
    };
  }

  async close(): Promise<void> {
    this.cut();
  }

  #line(): Kv {
    if (this.#isCut) throw new KvUnavailable('cut');
    return this.kv;
  }
}

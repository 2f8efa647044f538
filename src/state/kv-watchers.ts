interface Watcher {
  readonly prefix: string;
  readonly onChange: (key: string | null) => void;
}

/** Who wants to know of which keys, in this process. */
export class KvWatchers {
  readonly #watchers = new Set<Watcher>();

  get size(): number {
    return this.#watchers.size;
  }

  /** Returns the function that ends the watch. */
  add(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  changed(key: string): void {
    for (const { prefix, onChange } of this.#watchers) if (key.startsWith(prefix)) onChange(key);
  }

  /** Changes may have been missed, by all. */
  missed(): void {
    for (const { onChange } of this.#watchers) onChange(null);
  }
}

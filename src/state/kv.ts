/** One stored pair. `version` changes with every write of the key and never repeats. */
export interface KvEntry {
  readonly key: string;
  readonly value: string;
  readonly version: string;
}

/** `version: null` asserts that the key does not exist. */
export interface KvCheck {
  readonly key: string;
  readonly version: string | null;
}

export interface KvSet {
  readonly key: string;
  readonly value: string;
  /** Milliseconds until the pair is gone; without it the pair stays. */
  readonly expireIn?: number;
}

/** All of it happens, or none: every check holds at one instant and the writes take effect in that instant. */
export interface KvCommit {
  readonly checks?: readonly KvCheck[];
  readonly sets?: readonly KvSet[];
  readonly deletes?: readonly string[];
}

/** The keys that a commit writes. */
export const writtenBy = ({ sets = [], deletes = [] }: KvCommit): string[] => [
  ...sets.map(({ key }) => key),
  ...deletes,
];

/** Keys k with prefix <= k, start <= k < end, all that are given. Order is that of the UTF-8 bytes of the keys. */
export interface KvRange {
  readonly prefix?: string;
  readonly start?: string;
  readonly end?: string;
  readonly limit: number;
}

/**
 * A small ordered key-value store with atomic check-and-set: what must outlive a process.
 *
 * Keys are non-empty strings of at most 1,500 bytes of UTF-8, values strings of at most 1 MiB.
 * Every call rejects with KvUnavailable when the store cannot be reached within its deadline; a commit that
 * rejected so may have applied.
 */
export interface Kv {
  get(key: string): Promise<KvEntry | null>;
  /** One round trip; the answer has the order and length of `keys`. */
  getMany(keys: readonly string[]): Promise<(KvEntry | null)[]>;
  list(range: KvRange): Promise<KvEntry[]>;
  /** Resolves to null when a check did not hold, else to the version that every written key now has. */
  commit(commit: KvCommit): Promise<string | null>;
  /**
   * Calls `onChange` with each key under `prefix` after it changed, in this process or another, or with null when
   * changes may have been missed. That a pair expired is no change. Returns the function that ends it.
   */
  watch(prefix: string, onChange: (key: string | null) => void): () => void;
  close(): Promise<void>;
}

export class KvUnavailable extends Error {
  override readonly name = 'KvUnavailable';

  constructor(reason: string, options?: ErrorOptions) {
    super(`state store unavailable: ${reason}`, options);
  }
}

import type { Clock } from '../system/clock.js';
import type { Logger } from '../system/logger.js';
import type { AccessKeyRecord, AccessKeyStore } from './access-keys.js';
import type { BackendRecord, BackendStore } from './backends.js';
import type { BucketRecord, BucketStore } from './buckets.js';
import { Follower } from './follower.js';
import type { Kv } from './kv.js';
import type { RecordStore } from './record-store.js';
import { Replica } from './replica.js';

export interface RegistryOptions {
  readonly kv: Kv;
  readonly buckets: BucketStore;
  readonly accessKeys: AccessKeyStore;
  readonly addedBackends: BackendStore;
  readonly clock: Clock;
  readonly log?: Pick<Logger, 'warn' | 'info'>;
}

export interface RegistryChange {
  readonly kind: 'bucket' | 'access-key' | 'backend';
  readonly name: string;
}

/** All buckets, access keys and added backends in memory, as they are now in the state: what requests are judged by. */
export interface Registry {
  bucket(name: string): BucketRecord | undefined;
  accessKey(accessKeyId: string): AccessKeyRecord | undefined;
  addedBackend(name: string): BackendRecord | undefined;
  /** In the order of their names. */
  buckets(): BucketRecord[];
  addedBackends(): BackendRecord[];
  /**
   * As `bucket`, but asks the state for one that is not known: another gateway may have created it a moment ago.
   * Rejects with KvUnavailable when that cannot be asked.
   */
  lookUpBucket(name: string): Promise<BucketRecord | undefined>;
  lookUpAccessKey(accessKeyId: string): Promise<AccessKeyRecord | undefined>;
  lookUpAddedBackend(name: string): Promise<BackendRecord | undefined>;
  /** Resolves when all that stood in the state by now is known. Rejects with KvUnavailable. */
  reload(): Promise<void>;
  /** Calls back after each change that can be seen here. Returns the function that ends it. */
  onChange(listener: (change: RegistryChange) => void): () => void;
  close(): void;
}

/**
 * Resolves when all is loaded. What is written through the given stores is seen here when their promise resolves,
 * what others write once the state tells of it. While the state cannot be reached, what was known stays.
 */
export async function createRegistry(options: RegistryOptions): Promise<Registry> {
  const registry = new FollowingRegistry(options);
  try {
    await registry.start();
  } catch (error) {
    registry.close();
    throw error;
  }
  return registry;
}

class FollowingRegistry implements Registry {
  readonly #listeners = new Set<(change: RegistryChange) => void>();
  readonly #buckets: Replica<BucketRecord>;
  readonly #accessKeys: Replica<AccessKeyRecord>;
  readonly #addedBackends: Replica<BackendRecord>;
  readonly #followers: readonly Pick<Follower<unknown>, 'start' | 'stop' | 'reload'>[];

  constructor({ buckets, accessKeys, addedBackends, ...common }: RegistryOptions) {
    this.#buckets = this.#replicaOf(buckets, 'bucket', common.clock);
    this.#accessKeys = this.#replicaOf(accessKeys, 'access-key', common.clock);
    this.#addedBackends = this.#replicaOf(addedBackends, 'backend', common.clock);
    this.#followers = [
      new Follower({ ...common, store: buckets, replica: this.#buckets }),
      new Follower({ ...common, store: accessKeys, replica: this.#accessKeys }),
      new Follower({ ...common, store: addedBackends, replica: this.#addedBackends }),
    ];
  }

  async start(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.start()));
  }

  bucket(name: string): BucketRecord | undefined {
    return this.#buckets.get(name);
  }

  accessKey(accessKeyId: string): AccessKeyRecord | undefined {
    return this.#accessKeys.get(accessKeyId);
  }

  addedBackend(name: string): BackendRecord | undefined {
    return this.#addedBackends.get(name);
  }

  buckets(): BucketRecord[] {
    return byName(this.#buckets);
  }

  addedBackends(): BackendRecord[] {
    return byName(this.#addedBackends);
  }

  lookUpBucket(name: string): Promise<BucketRecord | undefined> {
    return this.#buckets.lookUp(name);
  }

  lookUpAccessKey(accessKeyId: string): Promise<AccessKeyRecord | undefined> {
    return this.#accessKeys.lookUp(accessKeyId);
  }

  lookUpAddedBackend(name: string): Promise<BackendRecord | undefined> {
    return this.#addedBackends.lookUp(name);
  }

  async reload(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.reload()));
  }

  onChange(listener: (change: RegistryChange) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  close(): void {
    for (const follower of this.#followers) follower.stop();
  }

  #replicaOf<T>(store: RecordStore<T>, kind: RegistryChange['kind'], clock: Clock): Replica<T> {
    const onChange = (name: string) => {
      for (const listener of this.#listeners) listener({ kind, name });
    };
    return new Replica({ store, clock, onChange });
  }
}

const byName = <T extends { readonly name: string }>(replica: Replica<T>): T[] =>
  [...replica.values()].sort((a, b) => (a.name < b.name ? -1 : 1));

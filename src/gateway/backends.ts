import { S3Error } from '../s3/errors.js';
import type { S3Request, S3Response } from '../s3/message.js';
import type { BackendRecord, BackendStore } from '../state/backends.js';
import type { KvEntry } from '../state/kv.js';
import type { Registry } from '../state/registry.js';
import type { Logger } from '../system/logger.js';
import type { StorageBackend } from './storage.js';
import type { OpenStore } from './stores.js';

export interface BackendsOptions {
  /** Those that the configuration declares, by name. */
  readonly declared: ReadonlyMap<string, StorageBackend>;
  readonly registry: Pick<Registry, 'addedBackend' | 'addedBackends' | 'lookUpAddedBackend' | 'onChange'>;
  readonly store: Pick<BackendStore, 'hold'>;
  /** Opens one that was added. Throws where its settings cannot be used. */
  readonly open: (record: BackendRecord) => StorageBackend;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

interface AddedBackend {
  readonly record: BackendRecord;
  readonly storage: StorageBackend;
}

/**
 * All backends of a gateway: those that the configuration declares, and those that were added, which are followed in the state. One that is removed
 * stays open for those who use it until they have done.
 */
export class Backends {
  readonly #added = new Map<string, AddedBackend>();
  readonly #leaving = new Map<string, StorageBackend>();
  readonly #users = new Map<string, number>();
  readonly #closing = new Set<Promise<void>>();
  readonly #unfollow: () => void;

  constructor(private readonly options: BackendsOptions) {
    const { registry } = options;
    for (const { name } of registry.addedBackends()) this.#follow(name);
    this.#unfollow = registry.onChange(({ kind, name }) => {
      if (kind === 'backend') this.#follow(name);
    });
  }

  get(name: string): StorageBackend | undefined {
    return this.options.declared.get(name) ?? this.#added.get(name)?.storage;
  }

  /** As `get`, but asks the state for one that is not known: another gateway may have added it a moment ago. @throws KvUnavailable */
  async find(name: string): Promise<StorageBackend | undefined> {
    const known = this.get(name);
    if (known) return known;
    await this.options.registry.lookUpAddedBackend(name);
    return this.get(name);
  }

  isDeclared(name: string): boolean {
    return this.options.declared.has(name);
  }

  /** What a commit writes unchanged, and checks, that begins to use the backend: nothing of one that cannot be removed. @throws BackendRemoved */
  async hold(name: string): Promise<KvEntry[]> {
    return this.isDeclared(name) ? [] : [await this.options.store.hold(name)];
  }

  /** Those that are declared as the configuration has them, then the others by name. */
  all(): StorageBackend[] {
    const added = [...this.#added.values()].sort((a, b) => (a.record.name < b.record.name ? -1 : 1));
    return [...this.options.declared.values(), ...added.map(({ storage }) => storage)];
  }

  names(): string[] {
    return this.all().map(({ backend }) => backend.name);
  }

  /** The backend of this name, for one who closes it when it has done; of one that is not known each request is refused with S3Error ServiceUnavailable. */
  use(name: string): OpenStore {
    this.#users.set(name, this.#usersOf(name) + 1);
    const room = this.get(name)?.backend.room;
    return {
      name,
      isEncrypted: () => this.get(name)?.backend.encrypted === true,
      ...(room && { room }),
      service: (request) => this.#serve(name, request),
      close: async () => this.#release(name),
    };
  }

  async close(): Promise<void> {
    this.#unfollow();
    for (const storage of [...this.all(), ...this.#leaving.values()]) this.#close(storage);
    await Promise.all(this.#closing);
  }

  #serve(name: string, request: S3Request): Promise<S3Response> {
    const known = this.get(name) ?? this.#leaving.get(name);
    return known ? known.backend.service(request) : this.#serveFound(name, request);
  }

  async #serveFound(name: string, request: S3Request): Promise<S3Response> {
    const found = await this.find(name);
    if (found) return found.backend.service(request);
    const message = `The backend "${name}" of this bucket is neither in the configuration nor was it added.`;
    throw new S3Error('ServiceUnavailable', message);
  }

  #usersOf(name: string): number {
    return this.#users.get(name) ?? 0;
  }

  #release(name: string): void {
    const left = this.#usersOf(name) - 1;
    if (left > 0) {
      this.#users.set(name, left);
      return;
    }
    this.#users.delete(name);
    const storage = this.#leaving.get(name);
    this.#leaving.delete(name);
    if (storage) this.#close(storage);
  }

  #follow(name: string): void {
    const record = this.options.registry.addedBackend(name);
    if (this.isDeclared(name)) {
      if (record)
        this.options.log.warn(
          { backend: name },
          'a backend that was added has the name of one that the configuration declares, which counts',
        );
      return;
    }
    const current = this.#added.get(name);
    if (current?.record === record) return;
    if (current && record?.id === current.record.id) this.#replace(current, record);
    else {
      if (current) this.#leave(current);
      if (record) this.#open(record);
    }
  }

  /** The same store with other keys: whoever uses it has the new ones with the next request. */
  #replace({ storage }: AddedBackend, record: BackendRecord): void {
    this.#added.delete(record.name);
    this.#open(record);
    this.#close(storage);
  }

  #open(record: BackendRecord): void {
    const { log, open } = this.options;
    const { name } = record;
    try {
      this.#added.set(name, { record, storage: open(record) });
      log.info({ backend: name }, 'a backend was added');
    } catch (error) {
      // One that a newer gateway has added, with settings that this one does not know.
      log.error({ err: error, backend: name }, 'a backend that was added cannot be used by this gateway');
    }
  }

  #leave({ record: { name }, storage }: AddedBackend): void {
    this.#added.delete(name);
    this.options.log.info({ backend: name }, 'a backend was removed');
    const before = this.#leaving.get(name);
    if (before) this.#close(before);
    if (this.#usersOf(name) === 0) this.#close(storage);
    else this.#leaving.set(name, storage);
  }

  #close({ backend }: StorageBackend): void {
    const { log } = this.options;
    const closed = backend
      .close()
      .catch((error: unknown) =>
        log.error({ err: error, backend: backend.name }, 'a backend could not be closed'),
      )
      .finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}

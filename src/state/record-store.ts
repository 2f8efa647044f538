import type { z } from 'zod';
import type { Kv, KvCommit } from './kv.js';

/** One page of records, in the order of their names; `next` continues after it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

export interface PageQuery {
  readonly after?: string;
  readonly limit: number;
}

/** How records of one kind stand in the state: under `<space>/<name>`, secrets sealed. */
export interface RecordFormat<T> {
  readonly space: string;
  /** No record has a name that does not match. */
  readonly names: RegExp;
  readonly schema: z.ZodType<T>;
  nameOf(record: T): string;
  sealed(record: T): T;
  opened(record: T): T;
}

export type WriteListener = (name: string) => Promise<void>;

export class RecordInvalid extends Error {
  override readonly name = 'RecordInvalid';
}

/** Records of one kind in the state, validated when they are read. */
export class RecordStore<T> {
  readonly #listeners = new Set<WriteListener>();

  constructor(
    protected readonly kv: Kv,
    private readonly format: RecordFormat<T>,
  ) {}

  /** What all keys of these records begin with. */
  get prefix(): string {
    return `${this.format.space}/`;
  }

  nameOf(record: T): string {
    return this.format.nameOf(record);
  }

  async get(name: string): Promise<T | undefined> {
    return (await this.find(name))?.record;
  }

  async list({ after, limit }: PageQuery): Promise<Page<T>> {
    const start = after === undefined ? {} : { start: justAfter(this.keyOf(after)) };
    const entries = await this.kv.list({ prefix: this.prefix, ...start, limit: limit + 1 });
    return this.pageOf(
      entries.map(({ key, value }) => this.#decode(key, value)),
      limit,
    );
  }

  /** All records after the one that is named, read page by page. */
  async *all(after?: string): AsyncGenerator<T> {
    let query: PageQuery | undefined = { limit: PAGE, ...(after !== undefined && { after }) };
    while (query) {
      const { items, next }: Page<T> = await this.list(query);
      yield* items;
      query = next === undefined ? undefined : { limit: PAGE, after: next };
    }
  }

  /** A write through this store resolves only after each listener has. */
  onWrite(listener: WriteListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** The first `limit` of the records, of which there may be one more to show that more follow. */
  protected pageOf(records: readonly T[], limit: number): Page<T> {
    const items = records.slice(0, limit);
    const last = items.at(-1);
    return records.length > limit && last !== undefined ? { items, next: this.nameOf(last) } : { items };
  }

  protected keyOf(name: string): string {
    return this.prefix + name;
  }

  protected async find(name: string): Promise<{ record: T; version: string } | undefined> {
    if (!this.format.names.test(name)) return undefined;
    const entry = await this.kv.get(this.keyOf(name));
    return entry ? { record: this.#decode(entry.key, entry.value), version: entry.version } : undefined;
  }

  protected encode(record: T): string {
    return JSON.stringify(this.format.sealed(record));
  }

  /** False when a check did not hold; else the listeners know of the record `name`. */
  protected async commit(name: string, commit: KvCommit): Promise<boolean> {
    if ((await this.kv.commit(commit)) === null) return false;
    await Promise.all([...this.#listeners].map((listener) => listener(name)));
    return true;
  }

  #decode(key: string, value: string): T {
    const parsed = this.format.schema.safeParse(JSON.parse(value));
    if (parsed.success) return this.format.opened(parsed.data);
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new RecordInvalid(`the state record ${key} is not valid: ${faults.join('; ')}`);
  }
}

const PAGE = 500;

/** The least string above `key` in the order of bytes. */
const justAfter = (key: string): string => `${key}\0`;

/** How often a check-and-set is begun anew before it is given up. */
const ATTEMPTS = 50;

/** Repeats an attempt that others got in the way of, until it gives a result. */
export async function untilDone<R>(what: string, attempt: () => Promise<R | 'retry'>): Promise<R> {
  for (let tries = 0; tries < ATTEMPTS; tries += 1) {
    const result = await attempt();
    if (result !== 'retry') return result;
  }
  throw new Error(`${what} is being changed by too many at once`);
}

import { createHash } from 'node:crypto';
import { SortedTable } from '../../src/backends/memory/sorted-table.js';
import { collect } from '../../src/backends/store/chunks.js';
import type { Buckets, Contents, Table } from '../../src/backends/store/persistence.js';
import type { ObjectRecord } from '../../src/backends/store/records.js';
import { createStoreService } from '../../src/backends/store/service.js';
import { compareKeys } from '../../src/s3/keys.js';
import type { S3Service } from '../../src/s3/message.js';
import type { OperationName } from '../../src/s3/operations.js';
import { systemClock } from '../../src/system/clock.js';
import { indexAfter, type KeyShape } from './key-shapes.js';

/** Which of its keys a store has not, until they are written. */
export type Lacks = (index: number) => boolean;

export interface ProceduralStore {
  readonly service: S3Service;
  /** How often each operation was asked for. */
  readonly requests: ReadonlyMap<OperationName, number>;
  /** Of the shape's keys, how many the store has. */
  readonly objects: number;
}

/** When all objects were written that are there from the beginning. */
const WRITTEN_AT = Date.UTC(2026, 0, 1);

/** Objects with other keys that a store keeps: whoever is about to use a store tries it first. */
const MAX_OTHERS = 16;

/**
 * A store whose objects are computed: one bucket with any name, its keys those of the shape, the bytes of each object its key. Of what is written it keeps
 * a bit per key, so these objects can be written, and a few others.
 */
export function proceduralStore(shape: KeyShape, lacks?: Lacks): ProceduralStore {
  const objects = new ComputedTable(shape, lacks);
  const buckets = oneBucket(objects);
  const service = createStoreService({ buckets, clock: systemClock, minPartSize: 5 * 1024 ** 2 });
  const requests = new Map<OperationName, number>();
  return {
    requests,
    get objects() {
      return objects.count;
    },
    service(request) {
      requests.set(request.operation, (requests.get(request.operation) ?? 0) + 1);
      return service(request);
    },
  };
}

class ComputedTable implements Table<ObjectRecord> {
  #absent: Uint8Array | undefined;
  readonly #others = new SortedTable<ObjectRecord>();
  count: number;

  constructor(
    private readonly shape: KeyShape,
    lacks: Lacks | undefined,
  ) {
    this.count = shape.count;
    for (let index = 0; lacks && index < shape.count; index++) if (lacks(index)) this.#mark(index, true);
  }

  get(key: string): ObjectRecord | undefined {
    const index = this.#indexOf(key);
    if (index === undefined) return this.#others.get(key);
    return this.#isAbsent(index) ? undefined : recordOf(key);
  }

  *range(from: string): Generator<readonly [string, ObjectRecord]> {
    const others = [...this.#others.range(from)];
    for (let index = this.#indexOf(from) ?? indexAfter(this.shape, from); index < this.shape.count; index++) {
      if (this.#isAbsent(index)) continue;
      const key = this.shape.keyAt(index);
      while (others[0] && compareKeys(others[0][0], key) < 0) yield* others.splice(0, 1);
      yield [key, recordOf(key)];
    }
    yield* others;
  }

  put(key: string, record: ObjectRecord): void {
    const index = this.#indexOf(key);
    if (index === undefined) this.#putOther(key, record);
    else if (record.etag !== recordOf(key).etag) throw new Error(`${key} has other bytes`);
    else if (this.#isAbsent(index)) this.#mark(index, false);
  }

  remove(key: string): void {
    const index = this.#indexOf(key);
    if (index === undefined) this.#others.remove(key);
    else if (!this.#isAbsent(index)) this.#mark(index, true);
  }

  #putOther(key: string, record: ObjectRecord): void {
    if (this.#others.size >= MAX_OTHERS) throw new Error(`there is no room for ${key}`);
    this.#others.put(key, record);
  }

  #indexOf(key: string): number | undefined {
    const index = indexAfter(this.shape, key) - 1;
    return index >= 0 && this.shape.keyAt(index) === key ? index : undefined;
  }

  #isAbsent(index: number): boolean {
    return ((this.#absent?.[index >>> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }

  #mark(index: number, isAbsent: boolean): void {
    this.#absent ??= new Uint8Array(Math.ceil(this.shape.count / 8));
    const bits = this.#absent[index >>> 3] ?? 0;
    this.#absent[index >>> 3] = isAbsent ? bits | (1 << (index & 7)) : bits & ~(1 << (index & 7));
    this.count += isAbsent ? -1 : 1;
  }
}

const recordOf = (key: string): ObjectRecord => ({
  headers: { 'content-type': 'text/plain' },
  size: Buffer.byteLength(key),
  etag: `"${createHash('md5').update(key).digest('hex')}"`,
  lastModified: WRITTEN_AT,
  content: key,
});

function oneBucket(objects: Table<ObjectRecord>): Buckets {
  const bucket = {
    objects,
    uploads: new SortedTable<never>(),
    parts: new SortedTable<never>(),
    contents: KEYS_AS_CONTENTS,
    transact: async <T>(change: () => T) => change(),
  };
  return {
    list: async () => [{ name: 'procedural', createdAt: WRITTEN_AT }],
    open: () => bucket,
    create: async () => false,
    remove: () => Promise.reject(new Error('a procedural bucket cannot be removed')),
  };
}

const KEYS_AS_CONTENTS: Contents = {
  async write(body, size, digest) {
    return { size, bytes: await collect(body, size, digest) };
  },
  discard: async () => undefined,
  adopt: (written) => ('bytes' in written ? written.bytes.toString() : ''),
  join: (contents) => contents.join(''),
  release: () => undefined,
  partSizes: (content) => [Buffer.byteLength(content)],
  read: async (content, { start, end }) => Buffer.from(content).subarray(start, end + 1),
};

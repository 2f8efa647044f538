import type { Database } from 'lmdb';
import type { Table } from '../store/persistence.js';
import type { BucketIndex } from './bucket-index.js';

/**
 * A table of a bucket's index, rows as MessagePack. Its keys are the bytes of UTF-8, whose order LMDB keeps; they may
 * be 1,978 long.
 */
export class LmdbTable<Row> implements Table<Row> {
  readonly #rows: Database<Row, Buffer>;

  constructor(
    private readonly index: BucketIndex,
    name: string,
  ) {
    this.#rows = index.table(name);
  }

  get(key: string): Row | undefined {
    this.index.assertOpen();
    return this.#rows.get(Buffer.from(key));
  }

  *range(from: string): Generator<readonly [string, Row]> {
    this.index.assertOpen();
    const range = from === '' ? {} : { start: Buffer.from(from) };
    for (const { key, value } of this.#rows.getRange(range)) yield [key.toString(), value];
  }

  put(key: string, row: Row): void {
    this.#rows.putSync(Buffer.from(key), row);
  }

  remove(key: string): void {
    this.#rows.removeSync(Buffer.from(key));
  }
}

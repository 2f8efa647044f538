import type { Database, RootDatabase } from 'lmdb';
import type { Table } from '../store/persistence.js';

/**
 * A table of an LMDB environment, rows as MessagePack. Its keys are the bytes of UTF-8, whose order LMDB keeps; they
 * may be 1,978 long.
 */
export class LmdbTable<Row> implements Table<Row> {
  readonly #rows: Database<Row, Buffer>;

  constructor(root: RootDatabase, name: string) {
    this.#rows = root.openDB<Row, Buffer>({ name, keyEncoding: 'binary' });
  }

  get(key: string): Row | undefined {
    return this.#rows.get(Buffer.from(key));
  }

  *range(from: string): Generator<readonly [string, Row]> {
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

import { compareKeys } from '../../s3/keys.js';
import type { Table } from '../store/persistence.js';

/** A table in memory: a map, and beside it its keys in their order. */
export class SortedTable<Row> implements Table<Row> {
  readonly #rows = new Map<string, Row>();
  readonly #keys: string[] = [];

  get size(): number {
    return this.#rows.size;
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  *range(from: string): Generator<readonly [string, Row]> {
    for (let index = this.#indexOf(from); index < this.#keys.length; index++) {
      const key = this.#keys[index] ?? '';
      const row = this.#rows.get(key);
      if (row !== undefined) yield [key, row];
    }
  }

  put(key: string, row: Row): void {
    if (!this.#rows.has(key)) this.#keys.splice(this.#indexOf(key), 0, key);
    this.#rows.set(key, row);
  }

  remove(key: string): void {
    if (this.#rows.delete(key)) this.#keys.splice(this.#indexOf(key), 1);
  }

  /** Of the first key that is not below `key`. */
  #indexOf(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.#keys[middle] ?? '', key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

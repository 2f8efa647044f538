import { type Database, open, type RootDatabase } from 'lmdb';
import { S3Error } from '../../s3/errors.js';

/**
 * The LMDB environment of one bucket. It is closed when the bucket is gone; whoever still holds it then, such as a
 * write whose body comes in slowly, is told NoSuchBucket.
 */
export class BucketIndex {
  readonly #root: RootDatabase;
  #closed = false;

  constructor(path: string) {
    // A commit is on the disk before it can be seen, so what was read cannot be lost either.
    this.#root = open({ path, noSubdir: false, overlappingSync: false });
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Throws NoSuchBucket. LMDB must not be asked anything once it is closed. */
  assertOpen(): void {
    if (this.#closed) throw new S3Error('NoSuchBucket');
  }

  table<Row>(name: string): Database<Row, Buffer> {
    return this.#root.openDB<Row, Buffer>({ name, keyEncoding: 'binary' });
  }

  /** Reads see all that is committed at this moment, by whomever, until the caller waits for something. */
  refresh(): void {
    this.assertOpen();
    this.#root.resetReadTxn();
  }

  /** Runs `change` while nobody else writes; what it wrote is on the disk when the promise resolves. */
  async transaction<T>(change: () => T): Promise<T> {
    this.assertOpen();
    return this.#root.transaction(change);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#root.close();
  }
}

import { mkdirSync } from 'node:fs';
import { S3Error } from '../../s3/errors.js';
import type { BucketPersistence } from '../store/persistence.js';
import type { ObjectRecord, PartRecord, UploadRecord } from '../store/records.js';
import { BucketIndex } from './bucket-index.js';
import { FolderContents } from './folder-contents.js';
import { layoutOf } from './folder-layout.js';
import { removeLeftovers } from './leftovers.js';
import { LmdbTable } from './lmdb-table.js';

const REMOVED = 'removed';

/** A bucket in a folder of its own, which any number of processes of one machine may have open. */
export class FolderBucket implements BucketPersistence {
  readonly #index: BucketIndex;
  readonly #marks: LmdbTable<true>;
  readonly objects: LmdbTable<ObjectRecord>;
  readonly uploads: LmdbTable<UploadRecord>;
  readonly parts: LmdbTable<PartRecord>;
  readonly contents: FolderContents;

  constructor(folder: string) {
    const layout = layoutOf(folder);
    for (const path of Object.values(layout)) mkdirSync(path, { recursive: true, mode: 0o700 });
    this.#index = new BucketIndex(layout.index);
    this.#marks = new LmdbTable(this.#index, 'marks');
    this.objects = new LmdbTable(this.#index, 'objects');
    this.uploads = new LmdbTable(this.#index, 'uploads');
    this.parts = new LmdbTable(this.#index, 'parts');
    this.contents = new FolderContents(this.#index, layout);
    removeLeftovers(layout, (file) => this.contents.isKept(file));
  }

  /** Reads see all that is committed at this moment, by whomever, until the caller waits for something. */
  refresh(): void {
    this.#index.refresh();
  }

  /** Whether a process, this one or another, has deleted it. */
  isRemoved(): boolean {
    return this.#marks.get(REMOVED) !== undefined;
  }

  async transact<T>(change: () => T): Promise<T> {
    return this.#write(() => {
      if (this.isRemoved()) throw new S3Error('NoSuchBucket');
      return change();
    });
  }

  /**
   * Once it resolves every write is refused, in every process. Rejects with BucketNotEmpty. Whoever removed the bucket
   * before may have ended before its folder was gone, so it can be marked again.
   */
  async markRemoved(): Promise<void> {
    await this.#write(() => {
      for (const _object of this.objects.range('')) throw new S3Error('BucketNotEmpty');
      this.#marks.put(REMOVED, true);
    });
  }

  close(): Promise<void> {
    return this.#index.close();
  }

  async #write<T>(change: () => T): Promise<T> {
    const { result, changes } = await this.#index.transaction(() => ({
      result: change(),
      changes: this.contents.takeChanges(),
    }));
    await this.contents.settle(changes);
    return result;
  }
}

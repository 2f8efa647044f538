import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, type Stats, statSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isBucketName } from '../../s3/buckets.js';
import { S3Error } from '../../s3/errors.js';
import type { BucketEntry, Buckets } from '../store/persistence.js';
import { FolderBucket } from './folder-bucket.js';
import { layoutOf, ownedName } from './folder-layout.js';
import { abandonedIn } from './leftovers.js';
import { codeOf } from './process-tag.js';
import { flushFolder } from './segment-files.js';

interface OpenBucket {
  readonly bucket: FolderBucket;
  readonly index: string;
  /** Of the index folder, to notice that the bucket was moved away, deleted or made anew. */
  readonly inode: number;
}

/** A bucket is made, and deleted, under a name that no bucket can have, and gets its own, or loses it, in one step. */
const ASIDE = '_penumbra-';

/** The buckets of a folder, each a folder in it, by name. */
export class FolderBuckets implements Buckets {
  readonly #open = new Map<string, OpenBucket>();
  /** Those whose folder this turn of the event loop has seen, since to look for it costs as much as to read an object. */
  readonly #seen = new Map<string, FolderBucket>();

  constructor(private readonly path: string) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    for (const aside of abandonedIn(path)) {
      if (aside.name.startsWith(ASIDE)) rmSync(aside.path, { recursive: true, force: true });
    }
  }

  async list(): Promise<BucketEntry[]> {
    const names = (await readdir(this.path)).filter(isBucketName).sort();
    return names.flatMap((name) => {
      const index = folderAt(this.#indexOf(name));
      return index ? [{ name, createdAt: index.birthtimeMs }] : [];
    });
  }

  open(name: string): FolderBucket | undefined {
    const seen = this.#seen.get(name);
    seen?.refresh();
    // Who deletes a bucket marks it first.
    return seen && !seen.isRemoved() ? seen : this.#look(name);
  }

  #look(name: string): FolderBucket | undefined {
    const known = this.#open.get(name);
    const index = known?.index ?? this.#indexOf(name);
    const inode = known || isBucketName(name) ? folderAt(index)?.ino : undefined;
    const bucket = known && known.inode === inode ? known.bucket : this.#reopen(name, inode);
    bucket?.refresh();
    if (bucket) this.#noteSeen(name, bucket);
    return bucket;
  }

  #noteSeen(name: string, bucket: FolderBucket): void {
    if (this.#seen.size === 0) setImmediate(() => this.#seen.clear());
    this.#seen.set(name, bucket);
  }

  #forget(name: string): void {
    this.#open.delete(name);
    this.#seen.delete(name);
  }

  async create(name: string): Promise<boolean> {
    const aside = this.#aside();
    await mkdir(layoutOf(aside).index, { recursive: true, mode: 0o700 });
    try {
      await rename(aside, join(this.path, name));
    } catch (error) {
      await rm(aside, { recursive: true });
      if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return false;
      throw error;
    }
    await flushFolder(this.path);
    return true;
  }

  async remove(name: string): Promise<void> {
    const bucket = this.open(name);
    if (!bucket) throw new S3Error('NoSuchBucket');
    await bucket.markRemoved();
    this.#forget(name);
    await bucket.close();
    await this.#moveAway(name);
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    this.#seen.clear();
    await Promise.all(open.map(({ bucket }) => bucket.close()));
  }

  #indexOf(name: string): string {
    return layoutOf(join(this.path, name)).index;
  }

  #reopen(name: string, inode: number | undefined): FolderBucket | undefined {
    // Requests that still hold the old one end by themselves; its files are no longer here.
    void this.#open.get(name)?.bucket.close();
    this.#forget(name);
    if (inode === undefined) return undefined;
    const bucket = new FolderBucket(join(this.path, name));
    this.#open.set(name, { bucket, index: this.#indexOf(name), inode });
    return bucket;
  }

  #aside(): string {
    return join(this.path, ownedName(`${ASIDE}${randomUUID()}`));
  }

  /** Another process may have been faster. */
  async #moveAway(name: string): Promise<void> {
    const aside = this.#aside();
    try {
      await rename(join(this.path, name), aside);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return;
      throw error;
    }
    await flushFolder(this.path);
    await rm(aside, { recursive: true, force: true });
  }
}

function folderAt(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

import { randomUUID } from 'node:crypto';
import { type FileHandle, link, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3Body } from '../../s3/message.js';
import { chunksOf } from '../store/chunks.js';
import type { Digest } from '../store/persistence.js';
import { type FolderLayout, ownedName } from './folder-layout.js';
import { writeAll } from './write-all.js';

/** The segments of a bucket that are files of their own. A file is written once and never changes. */
export class SegmentFiles {
  constructor(private readonly layout: FolderLayout) {}

  /**
   * Writes a file aside, flushes it and gives it its name. Its name in `staging` stays until it is kept, so that a
   * crash leaves a trace of it. Rejects as chunksOf does; then nothing is left.
   */
  async write(body: S3Body, size: number, digest: Digest): Promise<string> {
    const file = randomUUID();
    try {
      await this.#stage(file, chunksOf(body, size, digest));
      await link(this.#staged(file), this.#named(file));
      await flushFolder(this.layout.files);
    } catch (error) {
      await this.discard(file);
      throw error;
    }
    return file;
  }

  open(file: string): Promise<FileHandle> {
    return open(this.#named(file));
  }

  /** The index refers to the file: what told of it in `staging` can go. */
  async keep(file: string): Promise<void> {
    await rm(this.#staged(file), { force: true });
  }

  async remove(file: string): Promise<void> {
    await rm(this.#named(file), { force: true });
  }

  async discard(file: string): Promise<void> {
    await this.remove(file);
    await this.keep(file);
  }

  async #stage(file: string, chunks: AsyncIterable<Buffer>): Promise<void> {
    const handle = await open(this.#staged(file), 'wx');
    try {
      await writeAll(handle, chunks);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  #named(file: string): string {
    return join(this.layout.files, file);
  }

  #staged(file: string): string {
    return join(this.layout.staging, ownedName(file));
  }
}

/** Makes the names in a folder survive a crash of the machine. */
export async function flushFolder(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

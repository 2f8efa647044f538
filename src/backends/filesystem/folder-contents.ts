import { randomUUID } from 'node:crypto';
import { S3Error } from '../../s3/errors.js';
import type { S3Body } from '../../s3/message.js';
import type { ByteRange } from '../../s3/ranges.js';
import { collect } from '../store/chunks.js';
import type { Contents, Digest, Segment, Written } from '../store/persistence.js';
import type { BucketIndex } from './bucket-index.js';
import { ContentStream, type Slice } from './content-stream.js';
import type { FolderLayout } from './folder-layout.js';
import { LmdbTable } from './lmdb-table.js';
import { Pins } from './pins.js';
import { codeOf } from './process-tag.js';
import { SegmentFiles } from './segment-files.js';
import { indexedBytes, slicesOf } from './slices.js';

/** Segments up to this size are kept in the index: a file and two flushes cost more than a few pages of LMDB. */
export const INDEXED_BYTES = 16 * 1024;

/** What a transaction did to files, to be carried out once it is committed. */
export interface FileChanges {
  readonly kept: readonly string[];
  readonly released: readonly string[];
}

/** The contents of one bucket: rows of the index that name segments, and the files of those that are large. */
export class FolderContents implements Contents {
  readonly #segments: LmdbTable<readonly Segment[]>;
  /** The files that the index refers to. */
  readonly #kept: LmdbTable<true>;
  /** Files that nothing refers to any more, by the content that had them, until they are deleted. */
  readonly #garbage: LmdbTable<readonly string[]>;
  readonly #files: SegmentFiles;
  readonly #pins: Pins;
  #changes: { kept: string[]; released: string[] };
  /** Contents whose files are deleted and whose rows of garbage the next transaction removes. */
  #collected: string[] = [];

  constructor(
    private readonly index: BucketIndex,
    layout: FolderLayout,
  ) {
    this.#segments = new LmdbTable(index, 'contents');
    this.#kept = new LmdbTable(index, 'files');
    this.#garbage = new LmdbTable(index, 'garbage');
    this.#files = new SegmentFiles(layout);
    this.#pins = new Pins(layout);
    // What a process that ended left undeleted is deleted along with the first that is released here.
    this.#changes = { kept: [], released: [...this.#garbage.range('')].map(([content]) => content) };
  }

  async write(body: S3Body, size: number, digest: Digest): Promise<Written> {
    if (size <= INDEXED_BYTES) return { size, bytes: await collect(body, size, digest) };
    return { size, file: await this.#writeFile(body, size, digest) };
  }

  /** What a transaction adopted after all, though it failed to say so, stays. */
  async discard(written: Written): Promise<void> {
    if ('file' in written && !this.isKept(written.file)) await this.#files.discard(written.file);
  }

  adopt(written: Written): string {
    if ('file' in written) {
      this.#kept.put(written.file, true);
      this.#changes.kept.push(written.file);
    }
    return this.#put([written]);
  }

  join(contents: readonly string[]): string {
    const segments = contents.flatMap((content) => this.#segments.get(content) ?? []);
    for (const content of contents) this.#segments.remove(content);
    return this.#put(segments);
  }

  release(content: string): void {
    const files = filesOf(this.#segments.get(content));
    this.#segments.remove(content);
    if (files.length === 0) return;
    for (const file of files) this.#kept.remove(file);
    this.#garbage.put(content, files);
    this.#changes.released.push(content);
  }

  partSizes(content: string): readonly number[] {
    return this.#segments.get(content)?.map(({ size }) => size) ?? [];
  }

  async read(content: string, range: ByteRange): Promise<S3Body | undefined> {
    const segments = this.#segments.get(content);
    if (!segments) return undefined;
    const slices = slicesOf(segments, range);
    return indexedBytes(slices) ?? (await this.#openStream(content, slices));
  }

  /** Whether the index refers to a file; it does no longer when the bucket is gone. */
  isKept(file: string): boolean {
    if (this.index.isClosed) return false;
    this.index.refresh();
    return this.#kept.get(file) !== undefined;
  }

  /** In a transaction: what it did to files; and forgets the garbage that has been deleted. */
  takeChanges(): FileChanges {
    for (const content of this.#collected.splice(0)) this.#garbage.remove(content);
    const changes = this.#changes;
    this.#changes = { kept: [], released: [] };
    return changes;
  }

  /** After a commit. Whatever a crash leaves undone here is done when the bucket is opened again. */
  async settle({ kept, released }: FileChanges): Promise<void> {
    for (const file of kept) await this.#files.keep(file);
    for (const content of released) await this.#collect(content);
  }

  /** Deletes the files of a released content, unless somebody is reading them one after another. */
  async #collect(content: string): Promise<void> {
    const files = this.#garbage.get(content);
    if (!files || (files.length > 1 && (await this.#pins.isPinned(content)))) return;
    for (const file of files) await this.#files.remove(file);
    this.#collected.push(content);
  }

  /** The folders of a bucket are there for as long as the bucket. */
  async #writeFile(body: S3Body, size: number, digest: Digest): Promise<string> {
    try {
      return await this.#files.write(body, size, digest);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') throw new S3Error('NoSuchBucket', undefined, { cause: error });
      throw error;
    }
  }

  #put(segments: readonly Segment[]): string {
    const content = randomUUID();
    this.#segments.put(content, segments);
    return content;
  }

  /** Undefined when the content was released before its files were held. */
  async #openStream(content: string, slices: readonly Slice[]): Promise<S3Body | undefined> {
    const unpin = slices.length > 1 ? await this.#pins.pin(content) : async () => undefined;
    const stream = new ContentStream({
      slices,
      open: (file) => this.#files.open(file),
      release: () => unpin().then(() => this.#collectIfReleased(content)),
    });
    try {
      await stream.prepare();
      if (this.#isCurrent(content)) return stream;
    } catch (error) {
      stream.destroy();
      if (codeOf(error) !== 'ENOENT' || this.#isCurrent(content)) throw error;
    }
    stream.destroy();
    return undefined;
  }

  #isCurrent(content: string): boolean {
    this.index.refresh();
    return this.#segments.get(content) !== undefined;
  }

  async #collectIfReleased(content: string): Promise<void> {
    if (!this.index.isClosed && !this.#isCurrent(content)) await this.#collect(content);
  }
}

function filesOf(segments: readonly Segment[] = []): string[] {
  return segments.flatMap((segment) => ('file' in segment ? [segment.file] : []));
}

import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { LentBody } from '../../s3/body.js';

/** Some bytes of a segment: from the index, or `start` to `end`, both included, of its file. */
export type Slice =
  | { readonly bytes: Buffer }
  | { readonly file: string; readonly start: number; readonly end: number };

export interface ContentStreamOptions {
  readonly slices: readonly Slice[];
  open(file: string): Promise<FileHandle>;
  /** Called once, after the last file was closed, however the stream ends. */
  release(): Promise<void>;
}

const CHUNK_BYTES = 256 * 1024;

/** Memory that nobody looks at any more: were it made anew for each chunk, all of the heap would be marked again for every few hundred of them. */
const free: Buffer[] = [];
const MAX_FREE = 64;
const lent = new WeakSet<Buffer>();

const memoryFor = (bytes: number): Buffer =>
  (bytes === CHUNK_BYTES ? free.pop() : undefined) ?? Buffer.allocUnsafeSlow(bytes);

/** Slices one after another; at most one file is open at a time, and each is read in chunks of 256 KiB. */
export class ContentStream extends Readable implements LentBody {
  readonly #slices: Slice[];
  readonly #options: ContentStreamOptions;
  #opened: { file: string; handle: FileHandle } | undefined;
  #busy: Promise<void> = Promise.resolve();

  constructor(options: ContentStreamOptions) {
    super({ highWaterMark: CHUNK_BYTES });
    this.#options = options;
    this.#slices = [...options.slices];
  }

  /** Opens the first file, so that a file that is gone is known before anything is answered. */
  async prepare(): Promise<void> {
    const [first] = this.#slices;
    if (first && 'file' in first) await this.#handleOf(first.file);
  }

  giveBack(chunk: Buffer): void {
    if (chunk.length === CHUNK_BYTES && lent.delete(chunk) && free.length < MAX_FREE) free.push(chunk);
  }

  override _read(): void {
    this.#busy = this.#next().then(
      (chunk) => void this.push(chunk),
      (error: Error) => void this.destroy(error),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#busy
      .then(() => this.#close())
      .then(
        () => done(error),
        (failure: Error) => done(error ?? failure),
      );
  }

  async #next(): Promise<Buffer | null> {
    const slice = this.#slices.shift();
    if (!slice) return null;
    if ('bytes' in slice) return slice.bytes.length > 0 ? slice.bytes : this.#next();
    if (slice.end < slice.start) return this.#next();
    const chunk = await this.#readSome(slice);
    this.#slices.unshift({ ...slice, start: slice.start + chunk.length });
    return chunk;
  }

  async #readSome({ file, start, end }: Extract<Slice, { file: string }>): Promise<Buffer> {
    const handle = await this.#handleOf(file);
    const buffer = memoryFor(Math.min(CHUNK_BYTES, end - start + 1));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
    if (bytesRead === 0) throw new Error(`${file} ends at ${start}, before ${end}`);
    const chunk = bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead);
    lent.add(chunk);
    return chunk;
  }

  async #handleOf(file: string): Promise<FileHandle> {
    if (this.#opened?.file === file) return this.#opened.handle;
    await this.#closeFile();
    const handle = await this.#options.open(file);
    this.#opened = { file, handle };
    return handle;
  }

  async #close(): Promise<void> {
    await this.#closeFile();
    await this.#options.release();
  }

  async #closeFile(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.handle.close();
  }
}

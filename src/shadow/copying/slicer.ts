import { Readable } from 'node:stream';

/** Cuts one stream of bytes into streams of given lengths, to be read one after the other. */
export class Slicer {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer | undefined;

  /** @param onRead is shown all bytes as they come */
  constructor(
    source: Readable,
    private readonly onRead: (chunk: Buffer) => void = () => undefined,
  ) {
    this.#chunks = source.iterator({ destroyOnReturn: false });
  }

  /** The next `length` bytes, fewer where the source ends before. */
  next(length: number): Readable {
    return Readable.from(this.#take(length), { objectMode: false });
  }

  async *#take(length: number): AsyncGenerator<Buffer> {
    let wanted = length;
    while (wanted > 0) {
      const chunk = this.#rest ?? (await this.#read());
      if (!chunk) return;
      this.#rest = chunk.length > wanted ? chunk.subarray(wanted) : undefined;
      yield chunk.subarray(0, wanted);
      wanted -= Math.min(chunk.length, wanted);
    }
  }

  async #read(): Promise<Buffer | undefined> {
    const { value, done } = await this.#chunks.next();
    if (done) return undefined;
    this.onRead(value);
    return value;
  }
}

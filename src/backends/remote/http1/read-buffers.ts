const FIRST_BYTES = 64 * 1024;
/** The most that one read brings. */
export const LARGEST_READ = 256 * 1024;
const MAX_FREE = 64;

/**
 * Memory that answers are read into, used again when nobody looks at it any more: reading into warm memory, and more at a time,
 * costs a third of what fresh memory does. What does not come back is collected as any other.
 */
export class ReadBuffers {
  readonly #free: Buffer[] = [];
  /** Length in bytes of the last read into each that is lent. */
  readonly #lent = new WeakMap<ArrayBufferLike, number>();

  /** For one read. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(FIRST_BYTES);
  }

  /** What was read into the first bytes of a buffer. */
  lend(buffer: Buffer, length: number): Buffer {
    this.#lent.set(buffer.buffer, length);
    return buffer.subarray(0, length);
  }

  /** Takes back all of one read: nobody looks at any byte of it from now on. */
  giveBack({ buffer }: Buffer): void {
    if (this.#lent.delete(buffer)) this.#keep(Buffer.from(buffer));
  }

  /** Takes back a chunk, if it is all that one read has brought. Who gives back large ones is given larger ones. */
  giveBackWhole(chunk: Buffer): void {
    const { buffer, byteOffset, length } = chunk;
    if (byteOffset !== 0 || this.#lent.get(buffer) !== length) return;
    this.#lent.delete(buffer);
    const isLarge = buffer.byteLength === LARGEST_READ || length < FIRST_BYTES;
    this.#keep(isLarge ? Buffer.from(buffer) : Buffer.allocUnsafeSlow(LARGEST_READ));
  }

  #keep(buffer: Buffer): void {
    if (this.#free.length < MAX_FREE) this.#free.push(buffer);
  }
}

export const readBuffers = new ReadBuffers();

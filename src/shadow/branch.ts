import { Readable } from 'node:stream';
import { isLent, type LentBody } from '../s3/body.js';

const BUFFERED_BYTES = 256 * 1024;

/** One of several readers of the same bytes, filled by `pump`. */
export class Branch extends Readable implements LentBody {
  /** Whose memory its chunks are in, where that is used again. */
  lender: Pick<LentBody, 'giveBack'> | undefined;
  #room: (() => void) | undefined;
  #hasAll = false;

  constructor() {
    super({ highWaterMark: BUFFERED_BYTES });
  }

  /** Hands over a chunk. The promise resolves when there is room for the next, at once if the reader has left. */
  offer(chunk: Buffer): Promise<void> | undefined {
    if (this.destroyed || this.push(chunk)) return undefined;
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }

  /** The source has ended. */
  finish(): void {
    if (this.destroyed) return;
    this.#hasAll = true;
    this.push(null);
  }

  /** The source broke off. A reader that was handed everything may read it to its end. */
  fail(reason: Error): void {
    if (!this.#hasAll) this.destroy(reason);
  }

  giveBack(chunk: Buffer): void {
    this.lender?.giveBack(chunk);
  }

  override _read(): void {
    this.#wake();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#wake();
    callback(error);
  }

  #wake(): void {
    const room = this.#room;
    this.#room = undefined;
    room?.();
  }
}

/**
 * A branch that keeps its last byte back until it is released. S3 commits an object when the last byte of its announced length
 * arrives, so until then nothing has happened, and `destroy` makes sure that nothing will.
 */
export class WithheldBranch extends Branch {
  #held: Buffer | undefined;

  override offer(chunk: Buffer): Promise<void> | undefined {
    const before = this.#held;
    this.#held = chunk;
    return before && super.offer(before);
  }

  override finish(): void {
    const last = this.#held;
    if (!last || last.length < 2 || this.destroyed) return;
    this.push(last.subarray(0, -1));
    this.#held = last.subarray(-1);
  }

  /** Lets the end go. Only after `finish`. */
  release(): void {
    if (this.destroyed) return;
    if (this.#held) this.push(this.#held);
    this.#held = undefined;
    this.push(null);
  }
}

/** A chunk is given back when every reader has: one that left, or that took it apart, keeps it from that. */
class SharedLender {
  /** By how many readers it is looked at. */
  readonly #readers = new WeakMap<Buffer, number>();

  constructor(private readonly source: LentBody) {}

  lend(chunk: Buffer, readers: number): void {
    this.#readers.set(chunk, readers);
  }

  giveBack(chunk: Buffer): void {
    const left = (this.#readers.get(chunk) ?? 0) - 1;
    this.#readers.set(chunk, left);
    if (left === 0) this.source.giveBack(chunk);
  }
}

/** So many readers have left before the source ended that carrying on has no purpose. */
export class ReadersLeft extends Error {
  override readonly name = 'ReadersLeft';
}

/** The source ended before its announced length, or went on after it: the bytes are not the object. */
export class WrongLength extends Error {
  override readonly name = 'WrongLength';

  constructor(announced: number, received: number) {
    super(`body of ${received} bytes where ${announced} were announced`);
  }
}

export interface PumpOptions {
  /** Length of the source in bytes. */
  readonly announced: number;
  /** Whether all readers must stay, or one is enough. */
  readonly need: 'all' | 'one';
}

/**
 * Carries each chunk of `source` to every branch, at the pace of the slowest that is still reading.
 * When this rejects, the source is left where it is and the branches unfinished: both are the caller's to end.
 *
 * @throws WrongLength, ReadersLeft, or whatever the source fails with
 */
export async function pump(
  source: Readable,
  branches: readonly Branch[],
  { announced, need }: PumpOptions,
): Promise<void> {
  const hasLeft = (branch: Branch) => branch.destroyed;
  const lender = isLent(source) ? new SharedLender(source) : undefined;
  for (const branch of branches) branch.lender = lender;
  let received = 0;
  for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (received > announced) throw new WrongLength(announced, received);
    lender?.lend(chunk, branches.length);
    const full = branches.map((branch) => branch.offer(chunk)).filter((room) => room !== undefined);
    if (full.length > 0) await Promise.all(full);
    if (need === 'all' ? branches.some(hasLeft) : branches.every(hasLeft)) throw new ReadersLeft();
  }
  if (received < announced) throw new WrongLength(announced, received);
  for (const branch of branches) branch.finish();
}

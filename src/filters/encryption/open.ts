import { Transform, type TransformCallback } from 'node:stream';
import { passThrough } from '../../s3/body.js';
import type { S3Body } from '../../s3/message.js';
import type { ByteRange } from '../../s3/ranges.js';
import { errorOf } from '../../system/thrown.js';
import { CHUNK, RECORD } from './format.js';
import { Damaged, Opener, type OpenerOptions } from './opener.js';

/** Which of an object's stored bytes a body has, and which plaintext is wanted of it. */
export interface Stretch extends OpenerOptions {
  /** Where the body begins in the stored object, bytes; what stands before the next record is passed over. */
  readonly storedStart: number;
  readonly wanted: ByteRange;
}

/** Cuts a body into records, and gives the wanted bytes of each once it is proved. */
class Opening {
  readonly #opener: Opener;
  readonly #wanted: ByteRange;
  #chunk: number;
  #skip: number;
  #pending: Buffer[] = [];
  #length = 0;
  #missing: number;

  /** @throws Damaged */
  constructor({ storedStart, wanted, ...options }: Stretch) {
    this.#chunk = Math.ceil(storedStart / RECORD);
    this.#skip = this.#chunk * RECORD - storedStart;
    this.#missing = wanted.end - wanted.start + 1;
    if (this.#chunk * CHUNK > wanted.start) throw new Damaged('its store answered other bytes');
    this.#opener = new Opener(options, this.#chunk);
    this.#wanted = wanted;
  }

  /** @throws Damaged */
  async push(bytes: Buffer): Promise<Buffer[]> {
    const skipped = Math.min(this.#skip, bytes.length);
    this.#skip -= skipped;
    this.#pending.push(bytes.subarray(skipped));
    this.#length += bytes.length - skipped;
    if (this.#length < RECORD) return [];
    const all = Buffer.concat(this.#pending);
    const plain: Buffer[] = [];
    let at = 0;
    for (; at + RECORD <= all.length; at += RECORD)
      plain.push(await this.#open(all.subarray(at, at + RECORD)));
    this.#keep(all.subarray(at));
    return plain;
  }

  /** @throws Damaged when not all of what is wanted came */
  async end(): Promise<Buffer[]> {
    const rest = Buffer.concat(this.#pending);
    const plain = rest.length > 0 ? [await this.#open(rest)] : [];
    if (this.#missing > 0) throw new Damaged('its end is missing');
    return plain;
  }

  #keep(rest: Buffer): void {
    this.#pending = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
  }

  async #open(record: Buffer): Promise<Buffer> {
    const { start, end } = this.#wanted;
    const at = this.#chunk * CHUNK;
    const plain = await this.#opener.open(record);
    this.#chunk += 1;
    const wanted = plain.subarray(Math.max(0, start - at), Math.max(0, end + 1 - at));
    this.#missing -= wanted.length;
    return wanted;
  }
}

/** Resolves when its first bytes are proved, so that what is wrong with them can still be answered as an error. */
class OpeningStream extends Transform {
  readonly begun: Promise<void>;
  readonly #opening: Opening;
  #begin: () => void = () => undefined;

  constructor(opening: Opening) {
    super({ highWaterMark: CHUNK });
    this.#opening = opening;
    this.begun = new Promise((resolve, reject) => {
      this.#begin = resolve;
      this.once('error', reject).once('close', () => reject(new Error('the body was closed')));
    });
    this.begun.catch(() => undefined);
  }

  override _transform(bytes: Buffer, _: BufferEncoding, done: TransformCallback): void {
    void this.#pass(this.#opening.push(bytes), done);
  }

  override _flush(done: TransformCallback): void {
    void this.#pass(this.#opening.end(), (error) => {
      if (!error) this.#begin();
      done(error);
    });
  }

  async #pass(opened: Promise<readonly Buffer[]>, done: TransformCallback): Promise<void> {
    try {
      const plain = await opened;
      for (const bytes of plain) if (bytes.length > 0) this.push(bytes);
      if (plain.length > 0) this.#begin();
    } catch (error) {
      done(errorOf(error));
      return;
    }
    done();
  }
}

/**
 * The wanted plaintext of a stored body, every byte of it proved before it comes out. Resolves with the first of them; a stream fails later with Damaged.
 *
 * @throws Damaged, or what the body fails with
 */
export async function openBody(body: S3Body, stretch: Stretch): Promise<S3Body> {
  const opening = new Opening(stretch);
  if (Buffer.isBuffer(body)) return Buffer.concat([...(await opening.push(body)), ...(await opening.end())]);
  const stream = passThrough(body, new OpeningStream(opening));
  await stream.begun;
  return stream;
}

import { type CipherGCM, createCipheriv } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { passThrough } from '../../s3/body.js';
import { S3Error } from '../../s3/errors.js';
import type { S3Body } from '../../s3/message.js';
import type { PayloadCheck } from '../../s3/payload/checks.js';
import { errorOf } from '../../system/thrown.js';
import { CHUNK, nonceOf, type RecordHeader, writeHeader } from './format.js';

/** One write to be encrypted: an object, or a part of one. */
export interface Write extends Omit<RecordHeader, 'index'> {
  readonly dataKey: Buffer;
  /** What has to hold of the plaintext before the last record is made. */
  readonly checks: readonly PayloadCheck[];
}

/** Bytes as the records of one write. The last record is made when the body has ended and all checks hold: before that a store has nothing to commit. */
class Sealer {
  readonly #write: Write;
  #received = 0;
  #index = 0;
  /** Of the chunk that has begun. */
  #cipher: CipherGCM | undefined;
  #record: Buffer[] = [];
  #room = CHUNK;

  constructor(write: Write) {
    this.#write = write;
  }

  /** @throws S3Error IncompleteBody when the body is longer than announced */
  push(bytes: Buffer): Buffer[] {
    const { length, checks } = this.#write;
    this.#received += bytes.length;
    if (this.#received > length) throw new S3Error('IncompleteBody');
    for (const check of checks) check.update(bytes);
    const records: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      if (this.#room === 0) records.push(this.#finish());
      const piece = bytes.subarray(at, at + this.#room);
      const cipher = this.#cipher ?? this.#begin();
      this.#record.push(cipher.update(piece));
      this.#room -= piece.length;
      at += piece.length;
    }
    return records;
  }

  /** @throws S3Error IncompleteBody, or of a check that does not hold */
  end(): Buffer {
    const { length, checks } = this.#write;
    if (this.#received !== length) throw new S3Error('IncompleteBody');
    for (const check of checks) check.verify({});
    return this.#finish();
  }

  #begin(): CipherGCM {
    const { dataKey } = this.#write;
    const header = writeHeader({ ...this.#write, index: this.#index });
    const cipher = createCipheriv('aes-256-gcm', dataKey, nonceOf(this.#index));
    cipher.setAAD(header);
    this.#record = [header];
    this.#cipher = cipher;
    return cipher;
  }

  #finish(): Buffer {
    const cipher = this.#cipher ?? this.#begin();
    const record = Buffer.concat([...this.#record, cipher.final(), cipher.getAuthTag()]);
    this.#cipher = undefined;
    this.#index += 1;
    this.#room = CHUNK;
    return record;
  }
}

class SealingStream extends Transform {
  readonly #sealer: Sealer;

  constructor(sealer: Sealer) {
    super({ highWaterMark: CHUNK });
    this.#sealer = sealer;
  }

  override _transform(bytes: Buffer, _: BufferEncoding, done: TransformCallback): void {
    done(this.#failureOf(() => this.#sealer.push(bytes)));
  }

  override _flush(done: TransformCallback): void {
    done(this.#failureOf(() => [this.#sealer.end()]));
  }

  #failureOf(seal: () => readonly Buffer[]): Error | null {
    try {
      for (const record of seal()) this.push(record);
      return null;
    } catch (error) {
      return errorOf(error);
    }
  }
}

/**
 * A body as it is to be stored, of `storedSize` of its length; a stream remains one.
 *
 * @throws S3Error IncompleteBody, or of a check, for bytes that are all there; a stream fails with them
 */
export function sealBody(body: S3Body, write: Write): S3Body {
  const sealer = new Sealer(write);
  if (!Buffer.isBuffer(body)) return passThrough(body, new SealingStream(sealer));
  return Buffer.concat([...sealer.push(body), sealer.end()]);
}

import { S3Error } from '../errors.js';
import type { HeaderFields } from '../message.js';
import type { PayloadCheck } from './checks.js';

/**
 * Passes bytes on as they come, but for the piece that completes the announced length: a store commits an object
 * when its last byte arrives, so that one waits until every check has passed.
 */
export class WithheldEnd {
  readonly #checks: readonly PayloadCheck[];
  readonly #pass: (bytes: Buffer) => void;
  #missing: number;
  #last: Buffer | undefined;

  constructor(contentLength: number, checks: readonly PayloadCheck[], pass: (bytes: Buffer) => void) {
    this.#missing = contentLength;
    this.#checks = checks;
    this.#pass = pass;
  }

  /** Throws S3Error IncompleteBody when the body is longer than announced. */
  write(bytes: Buffer): void {
    if (bytes.length > this.#missing) throw new S3Error('IncompleteBody');
    for (const check of this.#checks) check.update(bytes);
    this.#missing -= bytes.length;
    if (this.#missing > 0) this.#pass(bytes);
    else this.#last = bytes;
  }

  /** Throws S3Error when the body is too short or a check does not hold; else passes the end on. */
  release(trailers: HeaderFields): void {
    if (this.#missing > 0) throw new S3Error('IncompleteBody');
    for (const check of this.#checks) check.verify(trailers);
    if (this.#last) this.#pass(this.#last);
  }
}

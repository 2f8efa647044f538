import { S3Error } from '../errors.js';
import type { HeaderFields } from '../message.js';
import type { PayloadCheck } from './checks.js';

/**
 * Passes bytes on as they come, but for the piece that completes the announced length: a store commits an object
 * when its last byte arrives, so that one waits until every check has passed. Where no length was announced none is
 * known to be the last: whoever reads those bytes commits nothing before the body has ended.
 */
export class WithheldEnd {
  readonly #announced: number | undefined;
  readonly #checks: readonly PayloadCheck[];
  readonly #pass: (bytes: Buffer) => void;
  #received = 0;
  #last: Buffer | undefined;

  constructor(
    contentLength: number | undefined,
    checks: readonly PayloadCheck[],
    pass: (bytes: Buffer) => void,
  ) {
    this.#announced = contentLength;
    this.#checks = checks;
    this.#pass = pass;
  }

  /** Throws S3Error IncompleteBody when the body is longer than announced. */
  write(bytes: Buffer): void {
    this.#received += bytes.length;
    if (this.#announced !== undefined && this.#received > this.#announced)
      throw new S3Error('IncompleteBody');
    for (const check of this.#checks) check.update(bytes);
    if (this.#received === this.#announced) this.#last = bytes;
    else this.#pass(bytes);
  }

  /** Throws S3Error when the body is too short or a check does not hold; else passes the end on. */
  release(trailers: HeaderFields): void {
    if (this.#announced !== undefined && this.#received < this.#announced)
      throw new S3Error('IncompleteBody');
    for (const check of this.#checks) check.verify(trailers);
    if (this.#last) this.#pass(this.#last);
  }
}

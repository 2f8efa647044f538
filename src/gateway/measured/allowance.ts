import { S3Error } from '../../s3/errors.js';

/** So many bytes may be held in memory at once by all who share it. */
export class Allowance {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** Throws S3Error SlowDown where others hold too much. */
  take(bytes: number): void {
    if (bytes > this.#left) {
      throw new S3Error(
        'SlowDown',
        'Too many bodies without a Content-Length are under way. Please try again.',
        {
          headers: { 'retry-after': '1' },
        },
      );
    }
    this.#left -= bytes;
  }

  giveBack(bytes: number): void {
    this.#left += bytes;
  }
}

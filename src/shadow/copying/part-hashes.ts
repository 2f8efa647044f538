import { createHash, type Hash } from 'node:crypto';
import { compositeETag } from './part-layout.js';

/** The ETag that bytes would have in parts of one size, taken as they pass. */
export class PartHashes {
  #part: Hash = createHash('md5');
  #left: number;
  readonly #etags: string[] = [];

  /** @param partSize bytes, above 0 */
  constructor(readonly partSize: number) {
    this.#left = partSize;
  }

  update(bytes: Buffer): void {
    for (let rest = bytes; rest.length > 0; ) {
      if (this.#left === 0) this.#endPart();
      const taken = rest.subarray(0, this.#left);
      this.#part.update(taken);
      this.#left -= taken.length;
      rest = rest.subarray(taken.length);
    }
  }

  /** Call it once, at the end. */
  etag(): string {
    this.#endPart();
    return compositeETag(this.#etags);
  }

  #endPart(): void {
    this.#etags.push(this.#part.digest('hex'));
    this.#part = createHash('md5');
    this.#left = this.partSize;
  }
}

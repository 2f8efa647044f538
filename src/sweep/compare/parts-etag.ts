import { createHash, type Hash } from 'node:crypto';
import { compositeETag } from '../../shadow/copying/part-layout.js';
import type { Hashing } from './read-whole.js';

/** The ETag that bytes have in parts of these sizes, taken as they pass. */
export class PartsETag implements Hashing {
  readonly #etags: string[] = [];
  #part: Hash = createHash('md5');
  #left: number;

  /** @param partSizes bytes, in order; what passes beyond them counts to the last */
  constructor(private readonly partSizes: readonly number[]) {
    this.#left = partSizes[0] ?? 0;
  }

  update(bytes: Buffer): void {
    for (let rest = bytes; rest.length > 0; ) {
      while (this.#left === 0 && this.#etags.length + 1 < this.partSizes.length) this.#endPart();
      const isLast = this.#etags.length + 1 >= this.partSizes.length;
      const taken = isLast ? rest : rest.subarray(0, this.#left);
      this.#part.update(taken);
      this.#left -= taken.length;
      rest = rest.subarray(taken.length);
    }
  }

  /** With its quotes. Call it once, at the end. */
  etag(): string {
    while (this.#etags.length < this.partSizes.length) this.#endPart();
    return compositeETag(this.#etags);
  }

  #endPart(): void {
    this.#etags.push(this.#part.digest('hex'));
    this.#part = createHash('md5');
    this.#left = this.partSizes[this.#etags.length] ?? 0;
  }
}

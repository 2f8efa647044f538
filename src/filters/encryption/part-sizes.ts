import { LRUCache } from 'lru-cache';

const MAX_REMEMBERED = 10_000;

/** The sizes of parts that were read out of their first record, by their uploads: an upload has one size, and no two have one mark. */
export class KnownPartSizes {
  readonly #sizes = new LRUCache<string, number>({ max: MAX_REMEMBERED });

  async of(upload: Buffer, find: () => Promise<number>): Promise<number> {
    const id = upload.toString('hex');
    const known = this.#sizes.get(id);
    if (known !== undefined) return known;
    const size = await find();
    this.#sizes.set(id, size);
    return size;
  }
}

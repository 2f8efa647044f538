import { LRUCache } from 'lru-cache';
import type { SourceObject } from './source-object.js';

/** Numbers of parts, of all layouts together. */
const MAX_REMEMBERED = 100_000;
const MAX_RECENT = 3;
const MAX_DOUBTED = 10_000;

/** A layout that an earlier attempt to copy the object has found. */
export interface KnownLayout {
  readonly partSizes: readonly number[];
  /** The source told each of them. */
  readonly isTold: boolean;
}

/** The part layouts that copies have found out, in memory: an attempt that comes too early for its own finding serves the next. */
export class KnownLayouts {
  readonly #layouts = new LRUCache<string, KnownLayout>({
    maxSize: MAX_REMEMBERED,
    sizeCalculation: ({ partSizes }) => partSizes.length,
  });
  readonly #doubted = new LRUCache<string, true>({ max: MAX_DOUBTED });
  #recent: readonly number[] = [];

  /** Part sizes that proved to be a source's, the newest first: one client's objects mostly have the same. */
  get recent(): readonly number[] {
    return this.#recent;
  }

  of(object: Pick<SourceObject, 'etag' | 'size'>): KnownLayout | undefined {
    return this.#layouts.get(idOf(object));
  }

  learn(object: Pick<SourceObject, 'etag' | 'size'>, layout: KnownLayout): void {
    this.#layouts.set(idOf(object), layout);
    this.favour(layout.partSizes);
  }

  /** The layout proved to be the source's. */
  favour([partSize, ...others]: readonly number[]): void {
    if (partSize === undefined || others.length === 0) return;
    this.#recent = [partSize, ...this.#recent.filter((other) => other !== partSize)].slice(0, MAX_RECENT);
  }

  /** Whether a guess is worth a copy: other objects have such parts, and this one was not found to have others. */
  isLikely(object: Pick<SourceObject, 'etag' | 'size'>, [partSize = 0]: readonly number[]): boolean {
    return this.#recent.includes(partSize) && !this.#doubted.has(idOf(object));
  }

  /** The object does not have the parts that it was likely to have. */
  doubt(object: Pick<SourceObject, 'etag' | 'size'>): void {
    this.#doubted.set(idOf(object), true);
  }

  forget(object: Pick<SourceObject, 'etag' | 'size'>): void {
    this.#layouts.delete(idOf(object));
  }
}

/** The hash of its bytes in those parts names a layout, whatever its key. */
const idOf = ({ etag, size }: Pick<SourceObject, 'etag' | 'size'>): string => `${size} ${etag}`;

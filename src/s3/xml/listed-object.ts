import type { ListedChecksums } from './checksums.js';
import type { Owner } from './owner.js';

/** An object as a listing shows it. */
export interface ListedObject extends ListedChecksums {
  readonly key: string;
  /** ISO 8601 with milliseconds. */
  readonly lastModified: string;
  /** With its quotes. */
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  readonly storageClass?: string;
  readonly owner?: Owner;
}

import type { ListedObject } from '../s3/xml/listing.js';

/** A stretch of the keys of a bucket, in the order of their UTF-8 bytes. */
export interface KeyRange {
  /** Keys behind this one; from the first where it is left out. */
  readonly after?: string | undefined;
  /** Up to this key, and with it; to the last where it is left out. */
  readonly upTo?: string | undefined;
}

/** One key of a bucket as the listings of both of its stores show it; at least one of them has it. */
export interface Row {
  readonly key: string;
  readonly source?: ListedObject | undefined;
  readonly target?: ListedObject | undefined;
  /** Clients deleted what the source still has. Not asked where the target has the key. */
  readonly isDeleted: boolean;
}

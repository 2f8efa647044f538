import type { S3Body } from '../../s3/message.js';
import type { ByteRange } from '../../s3/ranges.js';
import type { ObjectRecord, PartRecord, UploadRecord } from './records.js';

/** Rows in the order of their keys' UTF-8 bytes. `put` and `remove` are for transactions only. */
export interface Table<Row> {
  get(key: string): Row | undefined;
  /** From the first key that is not below `from`; consumed before the caller waits for anything. */
  range(from: string): Iterable<readonly [key: string, row: Row]>;
  put(key: string, row: Row): void;
  remove(key: string): void;
}

/** Bytes that were written aside and that nothing refers to yet: a segment of a content to be. */
export type Written = Segment;

/** A stretch of bytes: kept in the index when it is small, else a file of its own. */
export type Segment = { readonly size: number } & ({ readonly bytes: Buffer } | { readonly file: string });

/** Is shown bytes as they pass. */
export interface Digest {
  update(bytes: Buffer): unknown;
}

/** The bytes of objects and parts, by the name of their content. A content never changes. */
export interface Contents {
  /**
   * Stores the bytes of a body, durably, and passes them to `digest`. Rejects with the error of the body, or with
   * IncompleteBody when it is not `size` bytes long; then nothing is stored.
   */
  write(body: S3Body, size: number, digest: Digest): Promise<Written>;
  /** Deletes what was written, unless it was adopted. */
  discard(written: Written): Promise<void>;

  /** In a transaction: keeps what was written, and tells its content. */
  adopt(written: Written): string;
  /** In a transaction: makes one content of several, which it uses up. */
  join(contents: readonly string[]): string;
  /** In a transaction: gives a content up. Whoever reads it already reads on. */
  release(content: string): void;

  /** Bytes of each part that the content was made of. */
  partSizes(content: string): readonly number[];
  /** Undefined when the content has been released. */
  read(content: string, range: ByteRange): Promise<S3Body | undefined>;
}

/** What is kept of one bucket. */
export interface BucketPersistence {
  readonly objects: Table<ObjectRecord>;
  /** By uploadKey(). */
  readonly uploads: Table<UploadRecord>;
  /** By partKey(). */
  readonly parts: Table<PartRecord>;
  readonly contents: Contents;
  /**
   * Runs `change` while nobody else writes, in this process or another; what it wrote is durable when the promise
   * resolves. It must throw, if at all, before its first write. Rejects with NoSuchBucket when the bucket was deleted.
   */
  transact<T>(change: () => T): Promise<T>;
}

export interface BucketEntry {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export interface Buckets {
  /** In the order of their names. */
  list(): Promise<BucketEntry[]>;
  /** Undefined when there is no such bucket. */
  open(name: string): BucketPersistence | undefined;
  /** False when it exists. */
  create(name: string): Promise<boolean>;
  /** Rejects with NoSuchBucket or BucketNotEmpty; unfinished uploads go with the bucket. */
  remove(name: string): Promise<void>;
}

const PART_DIGITS = 5;

/** Uploads in the order of their keys, then of their ids. */
export function uploadKey(key: string, uploadId: string): string {
  return `${key}\0${uploadId}`;
}

/** Parts of one upload in the order of their numbers. */
export function partKey(uploadId: string, partNumber: number): string {
  return `${uploadId}/${String(partNumber).padStart(PART_DIGITS, '0')}`;
}

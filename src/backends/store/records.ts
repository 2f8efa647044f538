import type { HeaderFields } from '../../s3/message.js';
import type { Checksums } from '../../s3/xml/checksums.js';

/** Whether a checksum is of all the bytes, or of the checksums of the parts. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

/** What a client says of an object when it writes it. */
export interface ObjectMetadata {
  /** The fields that every GET and HEAD answers again: Content-Type and its like, and x-amz-meta-*. */
  readonly headers: HeaderFields;
  /** As in an x-amz-tagging header. */
  readonly tagging?: string;
}

export interface ObjectRecord extends ObjectMetadata {
  /** Bytes. */
  readonly size: number;
  /** With its quotes. */
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
  readonly checksums?: Checksums;
  readonly checksumType?: ChecksumType;
  /** How many parts it was uploaded in, and by which upload; absent when it came in one request. */
  readonly partsCount?: number;
  readonly uploadId?: string;
  /** Where its bytes are; names one content for ever. */
  readonly content: string;
}

export interface UploadRecord extends ObjectMetadata {
  readonly uploadId: string;
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly initiated: number;
  /** As in CHECKSUM_HEADERS, and how the whole object's is made. */
  readonly checksumAlgorithm?: keyof Checksums;
  readonly checksumType?: ChecksumType;
}

export interface PartRecord {
  /** Bytes. */
  readonly size: number;
  /** With its quotes. */
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
  readonly checksums?: Checksums;
  readonly content: string;
}

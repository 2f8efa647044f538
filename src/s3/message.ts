import type { Readable } from 'node:stream';
import type { HeaderFields, QueryParameter } from './fields.js';
import type { OperationName } from './operations.js';

export type { HeaderFields, QueryParameter } from './fields.js';

/** The bytes of a message. Small and known ones are a Buffer, all others a stream that is read once. */
export type S3Body = Buffer | Readable;

/**
 * A request as every service sees it: authenticated, decoded and free of what belongs to one connection or one
 * signature (Host, Authorization, X-Amz-Date, Expect, Connection, Transfer-Encoding, X-Amz-* query parameters of a
 * presigned URL, the `aws-chunked` coding).
 */
export interface S3Request {
  readonly operation: OperationName;
  readonly method: string;
  /** Bucket name; '' for the service itself (ListBuckets). */
  readonly bucket: string;
  /** Object key, decoded, exactly as the client named it; '' for the bucket itself. */
  readonly key: string;
  readonly query: readonly QueryParameter[];
  /**
   * `content-length` is the length of `body` in bytes and is present whenever `body` is; only the gateway, before it
   * asks a service, has bodies of unknown length (`gateway/measured`). `x-amz-content-sha256` is present only where it
   * is the hexadecimal SHA-256 of `body`.
   */
  readonly headers: HeaderFields;
  /**
   * A stream here fails with an S3Error before its last bytes come out when the client's length, signature, MD5 or
   * checksum does not hold, so a reader that saw the end saw verified bytes.
   */
  readonly body?: S3Body;
  /** Trailing header fields of the body (x-amz-checksum-*), once the body has ended. */
  readonly trailers?: () => HeaderFields;
  /** The one of them that the client announced, where the request may be sent on with it: PutObject and UploadPart. */
  readonly announcedTrailer?: string;
  /** Aborted when the answer is no longer wanted. */
  readonly signal: AbortSignal;
}

export interface S3Response {
  readonly status: number;
  readonly headers: HeaderFields;
  /** Destroyed with an error when the source breaks off: the connection is then cut, never padded. */
  readonly body?: S3Body;
}

/**
 * An S3 service is a function from an S3 request to an S3 response. Whatever S3 itself would say, errors included,
 * is a response; it rejects only when there is no answer at all (BackendUnavailable, an abort, a defect).
 */
export type S3Service = (request: S3Request) => Promise<S3Response>;

/** A service made out of a service: throttling, encryption, metrics, injected faults. */
export type S3Filter = (service: S3Service) => S3Service;

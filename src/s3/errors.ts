import { ERROR_TABLE, type S3ErrorCode } from './error-table.js';
import type { HeaderFields } from './fields.js';

export interface S3ErrorDetails {
  /** Further elements of the XML body, such as BucketName, Key or ArgumentName. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Headers that the answer must have, such as Retry-After or Content-Range. */
  readonly headers?: HeaderFields;
  readonly cause?: unknown;
}

/** What S3 answers when a request cannot be served; the status and the standard sentence come from the error table. */
export class S3Error extends Error {
  override readonly name = 'S3Error';
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly headers: HeaderFields;

  constructor(
    readonly code: S3ErrorCode,
    message: string = ERROR_TABLE[code].message,
    details: S3ErrorDetails = {},
  ) {
    super(message, { cause: details.cause });
    this.status = ERROR_TABLE[code].status;
    this.fields = details.fields ?? {};
    this.headers = details.headers ?? {};
  }
}

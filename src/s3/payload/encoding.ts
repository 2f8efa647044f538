import { S3Error } from '../errors.js';
import { UNSIGNED_PAYLOAD, UNSIGNED_TRAILER } from '../sigv4/canonical.js';

/** How the bytes of a body are put on the wire. */
export interface PayloadEncoding {
  /** Whether the body comes in chunks, with a header line each. */
  readonly chunked: boolean;
  /** Whether each chunk has a signature of its own. */
  readonly signed: boolean;
  /** Whether header fields may follow the last chunk. */
  readonly trailer: boolean;
  /** Hexadecimal SHA-256 of the body, where the client said it beforehand. */
  readonly sha256?: string;
}

const SHA256 = /^[0-9a-f]{64}$/;
const IDENTITY: PayloadEncoding = { chunked: false, signed: false, trailer: false };

const ENCODINGS: ReadonlyMap<string, PayloadEncoding> = new Map([
  [UNSIGNED_PAYLOAD, IDENTITY],
  [UNSIGNED_TRAILER, { chunked: true, signed: false, trailer: true }],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', { chunked: true, signed: true, trailer: false }],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', { chunked: true, signed: true, trailer: true }],
]);

/**
 * What a value of x-amz-content-sha256 says of the body (AWS, "Create a signed AWS API request"); without one the
 * body is plain and unsigned. Throws S3Error InvalidArgument.
 */
export function payloadEncodingOf(payloadHash: string | undefined): PayloadEncoding {
  if (payloadHash === undefined) return IDENTITY;
  const encoding = ENCODINGS.get(payloadHash);
  if (encoding) return encoding;
  if (SHA256.test(payloadHash)) return Object.assign({ sha256: payloadHash }, IDENTITY);
  throw new S3Error(
    'InvalidArgument',
    `x-amz-content-sha256 must be ${[...ENCODINGS.keys()].join(', ')} or a valid sha256 value.`,
    { fields: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: payloadHash } },
  );
}

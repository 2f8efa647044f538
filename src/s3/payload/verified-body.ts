import { finished, type Readable, Transform } from 'node:stream';
import type { ProvenBody } from '../body.js';
import { parseLength } from '../content-length.js';
import { S3Error } from '../errors.js';
import type { HeaderFields } from '../message.js';
import type { VerifiedSignature } from '../sigv4/verify.js';
import {
  checksumCheck,
  type LengthRange,
  lengthRangeCheck,
  md5Check,
  type PayloadCheck,
  sha256Check,
} from './checks.js';
import { ChunkVerifier } from './chunk-verifier.js';
import { chunkedDecoder, type PayloadDecoder, plainDecoder } from './decoder.js';
import { type PayloadEncoding, payloadEncodingOf } from './encoding.js';
import { WithheldEnd } from './withheld-end.js';

export interface PayloadOptions {
  readonly headers: HeaderFields;
  /** Undefined for an anonymous request, whose claims about its body have to hold all the same. */
  readonly verified: VerifiedSignature | undefined;
  /** Content-Length in bytes; undefined when the request has none. */
  readonly contentLength: number | undefined;
  /** How few and how many bytes the body may have. */
  readonly lengthRange?: LengthRange | undefined;
  /** What x-amz-checksum-* is taken of; in CompleteMultipartUpload it is the object, not the body. */
  readonly checksumOf?: 'body' | 'object';
}

export interface VerifiedBody {
  /**
   * The decoded bytes. It ends only when all that the client claimed of them holds, and the last ones come out only
   * then; otherwise it is destroyed with an S3Error. One reader; it stops reading the source when it is destroyed.
   * With a Content-MD5 it is proven.
   */
  readonly body: Readable | ProvenBody;
  /** Length of `body` in bytes; undefined where it is not known before the body has ended. */
  readonly contentLength: number | undefined;
  /** The header fields after the body, x-amz-checksum-*, once `body` has ended. */
  readonly trailers: () => HeaderFields;
}

const HIGH_WATER_MARK = 64 * 1024;

/**
 * Decodes the body of a request (plain or aws-chunked) and verifies its length, chunk signatures, SHA-256, Content-MD5
 * and x-amz-checksum-* as it passes. The source is never destroyed, so that the connection can still carry the error.
 *
 * Throws S3Error for claims that no body can meet: MissingContentLength, InvalidArgument, InvalidDigest,
 * InvalidRequest, AccessDenied. `body` fails with IncompleteBody (also when the source breaks off),
 * SignatureDoesNotMatch, XAmzContentSHA256Mismatch, BadDigest, InvalidRequest, EntityTooSmall, EntityTooLarge, and
 * with the source's own S3Error.
 */
export function verifiedBody(source: Readable, options: PayloadOptions): VerifiedBody {
  const { headers, verified } = options;
  const encoding = payloadEncodingOf(verified ? verified.payloadHash : headers['x-amz-content-sha256']);
  const contentLength = decodedLength(encoding, options);
  const end = new WithheldEnd(contentLength, checksOf(encoding, options), (bytes) => body.push(bytes));
  const decoder = decoderFor(encoding, options, (bytes) => end.write(bytes));
  let trailers: HeaderFields = {};
  const finish = () => {
    trailers = decoder.end();
    end.release(trailers);
  };
  const body = new Transform({
    highWaterMark: HIGH_WATER_MARK,
    transform: (input: Buffer, _encoding, done) => done(failureOf(() => decoder.write(input))),
    flush: (done) => done(failureOf(finish)),
  });
  connect(source, body);
  const { 'content-md5': provenMd5 } = headers;
  const proven = provenMd5 === undefined ? body : Object.assign(body, { provenMd5 });
  return { body: proven, contentLength, trailers: () => trailers };
}

/** An aws-chunked body has to say its length (AWS, "Signature Calculations ... in Multiple Chunks"). */
function decodedLength(
  { chunked }: PayloadEncoding,
  { headers, contentLength }: PayloadOptions,
): number | undefined {
  if (!chunked) return contentLength;
  const length = parseLength(headers['x-amz-decoded-content-length'] ?? '');
  if (length === undefined) throw new S3Error('MissingContentLength');
  return length;
}

function checksOf(
  { sha256 }: PayloadEncoding,
  { headers, checksumOf, lengthRange }: PayloadOptions,
): PayloadCheck[] {
  const md5 = headers['content-md5'];
  return [
    lengthRange && lengthRangeCheck(lengthRange),
    sha256 === undefined ? undefined : sha256Check(sha256),
    md5 === undefined ? undefined : md5Check(md5),
    checksumOf === 'object' ? undefined : checksumCheck(headers),
  ].filter((check) => check !== undefined);
}

function decoderFor(
  encoding: PayloadEncoding,
  { headers, verified }: PayloadOptions,
  data: (bytes: Buffer) => void,
): PayloadDecoder {
  if (!encoding.chunked) return plainDecoder(data);
  if (encoding.signed && !verified) throw new S3Error('AccessDenied', 'Signed chunks need a signed request');
  const signatures = encoding.signed && verified ? new ChunkVerifier(verified) : undefined;
  return chunkedDecoder(
    { encoding, signatures, announced: headers['x-amz-trailer']?.trim().toLowerCase() },
    data,
  );
}

function failureOf(action: () => void): Error | null {
  try {
    action();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** `pipeline` would destroy the source along with the body, and the connection with it. */
function connect(source: Readable, body: Transform): void {
  body.on('error', () => source.unpipe(body));
  finished(source, { writable: false }, (cause) => {
    if (cause)
      body.destroy(cause instanceof S3Error ? cause : new S3Error('IncompleteBody', undefined, { cause }));
  });
  source.pipe(body);
}

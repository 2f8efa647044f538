import { LRUCache } from 'lru-cache';
import { S3Error } from '../errors.js';
import type { HeaderFields } from '../message.js';
import { ALGORITHM } from './canonical.js';
import { type Claim, parseCredential, parseSignature, parseSignedHeaders } from './claim.js';
import { formatTimestamp, parseTimestamp } from './timestamp.js';

/** What a client says of all its signatures of a day. */
type Terms = Pick<Claim, 'accessKeyId' | 'scope' | 'signedHeaders'>;

/** By the header up to the signature, where that comes last. The bounds hold back clients that make them up. */
const TERMS = new LRUCache<string, Terms>({ max: 1000 });
const STEM = /^.{1,512}, *Signature=$/;
const SIGNATURE_LENGTH = 64;

/**
 * Reads `AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...`; undefined when it is another mechanism.
 *
 * Throws S3Error: AuthorizationHeaderMalformed, AccessDenied (no valid date), InvalidRequest (no payload hash).
 */
export function parseAuthorizationHeader(authorization: string, headers: HeaderFields): Claim | undefined {
  if (!authorization.startsWith(`${ALGORITHM} `)) return undefined;
  const timestamp = timestampOf(headers);
  const { accessKeyId, scope, signedHeaders, signature } =
    recall(authorization, timestamp) ?? parse(authorization, timestamp);
  const payloadHash = payloadHashOf(headers);
  return { accessKeyId, scope, timestamp, expiresIn: undefined, signedHeaders, signature, payloadHash };
}

type Signed = Terms & Pick<Claim, 'signature'>;

/** Undefined unless the same was read before, of another signature of that day. */
function recall(authorization: string, timestamp: string): Signed | undefined {
  const terms = TERMS.get(authorization.slice(0, -SIGNATURE_LENGTH));
  if (!terms || !timestamp.startsWith(terms.scope.date)) return undefined;
  const { accessKeyId, scope, signedHeaders } = terms;
  const signature = parseSignature(authorization.slice(-SIGNATURE_LENGTH), malformed);
  return { accessKeyId, scope, signedHeaders, signature };
}

function parse(authorization: string, timestamp: string): Signed {
  const parameters = parseParameters(authorization.slice(ALGORITHM.length + 1));
  const { accessKeyId, scope } = parseCredential(required(parameters, 'Credential'), timestamp, malformed);
  const signedHeaders = parseSignedHeaders(required(parameters, 'SignedHeaders'), malformed);
  const signature = parseSignature(required(parameters, 'Signature'), malformed);
  const stem = authorization.slice(0, -SIGNATURE_LENGTH);
  if (STEM.test(stem) && authorization.endsWith(signature))
    TERMS.set(stem, { accessKeyId, scope, signedHeaders });
  return { accessKeyId, scope, signedHeaders, signature };
}

function parseParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const part of text.split(',')) {
    const equals = part.indexOf('=');
    if (equals < 0) throw malformed('expecting comma-separated name=value parameters.');
    const name = part.slice(0, equals).trim();
    if (parameters.has(name)) throw malformed(`the authorization header has more than one ${name}.`);
    parameters.set(name, part.slice(equals + 1).trim());
  }
  return parameters;
}

function required(parameters: ReadonlyMap<string, string>, name: string): string {
  const value = parameters.get(name);
  if (value === undefined) throw malformed(`the authorization header requires the ${name} parameter.`);
  return value;
}

/** X-Amz-Date, or else Date, which may also be in the form that HTTP has (RFC 9110, 5.6.7). */
function timestampOf(headers: HeaderFields): string {
  const text = headers['x-amz-date'] ?? headers.date ?? '';
  if (parseTimestamp(text) !== undefined) return text;
  const ms = headers['x-amz-date'] === undefined ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw new S3Error('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header');
  }
  return formatTimestamp(ms);
}

function payloadHashOf(headers: HeaderFields): string {
  const payloadHash = headers['x-amz-content-sha256'];
  if (payloadHash !== undefined) return payloadHash;
  throw new S3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
}

function malformed(message: string): S3Error {
  return new S3Error('AuthorizationHeaderMalformed', `The authorization header is malformed; ${message}`);
}

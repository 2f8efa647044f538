import { createHmac, hash } from 'node:crypto';
import { encodeComponent } from '../keys.js';
import type { HeaderFields, QueryParameter } from '../message.js';
import { type CredentialScope, formatScope } from './signing-key.js';

// AWS Signature Version 4 for S3 (AWS, "Signature Calculations for the Authorization Header"): unlike other services,
// S3 encodes the path once and does not normalise it.

export const ALGORITHM = 'AWS4-HMAC-SHA256';
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
/** As UNSIGNED_PAYLOAD, of a body in chunks with a checksum after it. */
export const UNSIGNED_TRAILER = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
export const SHA256_OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export interface SignedParts {
  readonly method: string;
  /** Percent-encoded as `encodeKey` does it. */
  readonly path: string;
  readonly query: readonly QueryParameter[];
  readonly headers: HeaderFields;
  /** Names of the fields that the signature covers, in its order. */
  readonly signedHeaders: readonly string[];
  readonly payloadHash: string;
}

/** The canonical form of what is signed. Header values are bytes, one per character, as on the wire. */
export function canonicalRequest({
  method,
  path,
  query,
  headers,
  signedHeaders,
  payloadHash,
}: SignedParts): string {
  let fields = '';
  for (const name of signedHeaders) fields += `${name}:${canonicalValue(headers, name)}\n`;
  return `${method}\n${path}\n${canonicalQuery(query)}\n${fields}\n${signedHeaders.join(';')}\n${payloadHash}`;
}

/** What is signed of a request. */
export function stringToSign(timestamp: string, scope: CredentialScope, canonical: string): string {
  // Node reads and writes header fields as latin1: this brings back the bytes that the client signed.
  const digest = hash('sha256', Buffer.from(canonical, 'latin1'), 'hex');
  return `${ALGORITHM}\n${timestamp}\n${formatScope(scope)}\n${digest}`;
}

/** Lower-case hexadecimal. */
export function signatureOf(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}

function canonicalQuery(query: readonly QueryParameter[]): string {
  if (query.length === 0) return '';
  return query
    .map(([name, value]): QueryParameter => [encodeComponent(name), encodeComponent(value)])
    .sort(byNameThenValue)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** Encoded text is ASCII, whose order in UTF-16 is that of its bytes. */
function byNameThenValue([nameA, valueA]: QueryParameter, [nameB, valueB]: QueryParameter): number {
  return order(nameA, nameB) || order(valueA, valueB);
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const BLANKS = /^ | $|\t| {2}/;

/** A field that is absent counts as empty. `trim` and `\s` would also take 0xA0, which UTF-8 text may end in. */
function canonicalValue(headers: HeaderFields, name: string): string {
  const value = (Object.hasOwn(headers, name) ? headers[name] : undefined) ?? '';
  return BLANKS.test(value) ? value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '') : value;
}

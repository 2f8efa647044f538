import type { HeaderFields, QueryParameter } from '../message.js';
import { ALGORITHM, canonicalRequest, signatureOf, stringToSign } from './canonical.js';
import { formatScope, signingKey } from './signing-key.js';
import { formatTimestamp } from './timestamp.js';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface RequestToSign {
  readonly method: string;
  /** Percent-encoded as `encodeKey` does it, and sent so. */
  readonly path: string;
  readonly query: readonly QueryParameter[];
  /** All that will be sent, `host` included. */
  readonly headers: HeaderFields;
  /** Hexadecimal SHA-256 of the body, `UNSIGNED-PAYLOAD` or the name of a streaming signature. */
  readonly payloadHash: string;
  readonly credentials: Credentials;
  readonly region: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Fields that proxies and HTTP libraries add or change on the way, as the AWS SDKs leave them out. */
const UNSIGNED_HEADERS = new Set([
  'accept-encoding',
  'authorization',
  'cache-control',
  'connection',
  'expect',
  'from',
  'keep-alive',
  'max-forwards',
  'pragma',
  'referer',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-amzn-trace-id',
]);

/** Signs a request with AWS Signature Version 4 and returns the header fields to add to it. */
export function signRequest(request: RequestToSign): HeaderFields {
  const { method, path, query, payloadHash, credentials, region, now } = request;
  const timestamp = formatTimestamp(now);
  const scope = { date: timestamp.slice(0, 8), region };
  const added = { 'x-amz-content-sha256': payloadHash, 'x-amz-date': timestamp };
  // A spread followed by more properties would cost as much as the HMAC.
  const headers: HeaderFields = Object.assign({}, request.headers, added);
  const signedHeaders = signedHeadersOf(headers);
  const canonical = canonicalRequest({ method, path, query, headers, signedHeaders, payloadHash });
  const key = signingKey(credentials.secretAccessKey, scope);
  const signature = signatureOf(key, stringToSign(timestamp, scope, canonical));
  const authorization =
    `${ALGORITHM} Credential=${credentials.accessKeyId}/${formatScope(scope)}, ` +
    `SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
  return Object.assign(added, { authorization });
}

/** Names of the fields that a signature covers, sorted. */
export function signedHeadersOf(headers: HeaderFields): string[] {
  return Object.keys(headers)
    .filter((name) => !UNSIGNED_HEADERS.has(name))
    .sort();
}

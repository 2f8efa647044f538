import { encodeQuery } from '../keys.js';
import type { HeaderFields, QueryParameter } from '../message.js';
import { ALGORITHM, canonicalRequest, signatureOf, stringToSign, UNSIGNED_PAYLOAD } from './canonical.js';
import { type Credentials, signedHeadersOf } from './sign.js';
import { formatScope, signingKey } from './signing-key.js';
import { formatTimestamp } from './timestamp.js';

export interface UrlToPresign {
  readonly method: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** Percent-encoded as `encodeKey` does it. */
  readonly path: string;
  readonly query?: readonly QueryParameter[];
  /** Fields that whoever uses the URL has to send as they stand here; Host is added. */
  readonly headers?: HeaderFields;
  /** Seconds, 1 to 604800. */
  readonly expiresIn: number;
  readonly credentials: Credentials;
  readonly region: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A URL that carries its own signature (AWS, "Authenticating Requests: Using Query Parameters"). */
export function presignUrl(request: UrlToPresign): string {
  const { method, origin, path, expiresIn, credentials, region, now } = request;
  const timestamp = formatTimestamp(now);
  const scope = { date: timestamp.slice(0, 8), region };
  const headers = { ...request.headers, host: new URL(origin).host };
  const signedHeaders = signedHeadersOf(headers);
  const query: QueryParameter[] = [
    ...(request.query ?? []),
    ['X-Amz-Algorithm', ALGORITHM],
    ['X-Amz-Credential', `${credentials.accessKeyId}/${formatScope(scope)}`],
    ['X-Amz-Date', timestamp],
    ['X-Amz-Expires', String(expiresIn)],
    ['X-Amz-SignedHeaders', signedHeaders.join(';')],
  ];
  const parts = { method, path, query, headers, signedHeaders, payloadHash: UNSIGNED_PAYLOAD };
  const key = signingKey(credentials.secretAccessKey, scope);
  const signature = signatureOf(key, stringToSign(timestamp, scope, canonicalRequest(parts)));
  return `${origin}${path}?${encodeQuery(query)}&X-Amz-Signature=${signature}`;
}

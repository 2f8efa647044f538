import { parseQuery } from '../address.js';
import { S3Error } from '../errors.js';
import { encodeKey } from '../keys.js';
import type { HeaderFields, QueryParameter } from '../message.js';
import { canonicalRequest } from './canonical.js';
import type { Claim } from './claim.js';
import { parseAuthorizationHeader } from './header-claim.js';
import { isPresigned, parsePresignedQuery, unsignedQuery } from './query-claim.js';

/** A request as it came from the socket. */
export interface IncomingRequest {
  readonly method: string;
  /** The path of the request target, neither decoded nor normalised. */
  readonly rawPath: string;
  /** The query of the request target, without `?`. */
  readonly rawQuery: string;
  readonly headers: HeaderFields;
}

/** Who a request says it is from, and what its signature has to be made of: well-formed, but not yet verified. */
export interface Authentication extends Claim {
  readonly canonicalRequest: string;
}

/** SigV2 signs with `Authorization: AWS ...` or with these parameters. */
const SIGV2_PARAMETERS = new Set(['AWSAccessKeyId', 'Signature']);

/**
 * Reads the signature of a request: Authorization header or presigned URL. Undefined for an anonymous request.
 *
 * Throws S3Error: AuthorizationHeaderMalformed, AuthorizationQueryParametersError, InvalidArgument (both ways at once),
 * InvalidRequest (another kind of signature), InvalidToken (temporary credentials), AccessDenied (no date, or header
 * fields that should be signed and are not), InvalidURI.
 */
export function parseAuthentication(request: IncomingRequest): Authentication | undefined {
  const query = parseQuery(request.rawQuery);
  const claim = parseClaim(request.headers, query);
  if (!claim) return undefined;
  assertNoSessionToken(request.headers, query);
  assertSignedHeaders(request.headers, claim);
  const { signedHeaders, payloadHash } = claim;
  const canonical = canonicalRequest({
    method: request.method,
    path: canonicalPath(request.rawPath),
    query: claim.expiresIn === undefined ? query : unsignedQuery(query),
    headers: request.headers,
    signedHeaders,
    payloadHash,
  });
  return Object.assign(claim, { canonicalRequest: canonical });
}

function parseClaim(headers: HeaderFields, query: readonly QueryParameter[]): Claim | undefined {
  const presigned = isPresigned(query);
  const sigV2 = query.some(([name]) => SIGV2_PARAMETERS.has(name));
  const { authorization } = headers;
  if (authorization !== undefined && (presigned || sigV2)) throw bothMechanisms(authorization);
  if (sigV2) throw unsupportedMechanism();
  if (presigned) return parsePresignedQuery(headers, query);
  if (authorization === undefined) return undefined;
  const claim = parseAuthorizationHeader(authorization, headers);
  if (!claim) throw unsupportedMechanism();
  return claim;
}

/** Clients differ in what they escape and how; the canonical form is one (a lower-case `%2f` is a `/`). */
function canonicalPath(rawPath: string): string {
  if (!rawPath.includes('%')) return encodeKey(rawPath);
  try {
    return encodeKey(decodeURIComponent(rawPath));
  } catch (cause) {
    throw new S3Error('InvalidURI', undefined, { fields: { URI: rawPath }, cause });
  }
}

function assertNoSessionToken(headers: HeaderFields, query: readonly QueryParameter[]): void {
  const token = headers['x-amz-security-token'];
  if (token === undefined && !query.some(([name]) => name.toLowerCase() === 'x-amz-security-token')) return;
  throw temporaryCredentials();
}

/**
 * Host and all x-amz-* fields have to be signed (AWS, "Create a signed AWS API request"), or someone on the way could
 * add to a request. The payload hash and the timestamp are part of the signature whether listed or not.
 */
function assertSignedHeaders(headers: HeaderFields, { signedHeaders, payloadHash, timestamp }: Claim): void {
  const isBound = (name: string) =>
    signedHeaders.includes(name) ||
    (name === 'x-amz-content-sha256' && headers[name] === payloadHash) ||
    (name === 'x-amz-date' && headers[name] === timestamp);
  const unsigned = isBound('host') ? [] : ['host'];
  for (const name in headers) if (name.startsWith('x-amz-') && !isBound(name)) unsigned.push(name);
  if (unsigned.length === 0) return;
  const fields = { HeadersNotSigned: unsigned.join(', ') };
  throw new S3Error('AccessDenied', 'There were headers present in the request which were not signed', {
    fields,
  });
}

export function temporaryCredentials(): S3Error {
  return new S3Error('InvalidToken', 'Temporary credentials (X-Amz-Security-Token) are not supported.');
}

export function unsupportedMechanism(): S3Error {
  return new S3Error(
    'InvalidRequest',
    'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
  );
}

function bothMechanisms(authorization: string): S3Error {
  const [mechanism = ''] = authorization.split(' ', 1);
  return new S3Error(
    'InvalidArgument',
    'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter ' +
      'or the Authorization header should be specified',
    { fields: { ArgumentName: 'Authorization', ArgumentValue: mechanism } },
  );
}

import { S3Error } from '../errors.js';
import type { HeaderFields, QueryParameter } from '../message.js';
import { ALGORITHM, UNSIGNED_PAYLOAD } from './canonical.js';
import { type Claim, parseCredential, parseSignature, parseSignedHeaders } from './claim.js';
import { parseTimestamp } from './timestamp.js';

/** Seven days in seconds (AWS, "Authenticating Requests: Using Query Parameters"). */
const MAX_EXPIRES_IN = 604_800;

const REQUIRED = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
] as const;

const OF_SIGNATURE = new Set([...REQUIRED, 'X-Amz-Content-Sha256'].map((name) => name.toLowerCase()));

/** Whether a query claims to be signed. */
export function isPresigned(query: readonly QueryParameter[]): boolean {
  return query.some((pair) => isNamed(pair, 'X-Amz-Algorithm') || isNamed(pair, 'X-Amz-Signature'));
}

/** What the signature covers of a presigned query: all but itself. */
export function unsignedQuery(query: readonly QueryParameter[]): QueryParameter[] {
  return query.filter((pair) => !isNamed(pair, 'X-Amz-Signature'));
}

/** Reads the X-Amz-* parameters of a presigned URL. Throws S3Error AuthorizationQueryParametersError. */
export function parsePresignedQuery(headers: HeaderFields, query: readonly QueryParameter[]): Claim {
  const given = parametersOf(query);
  const [algorithm, credential, timestamp, expires, signedHeaders, signature] = REQUIRED.map((name) =>
    given.get(name.toLowerCase()),
  );
  if (!algorithm || !credential || !timestamp || !expires || !signedHeaders || !signature) {
    throw malformed(`Query-string authentication version 4 requires the parameters ${REQUIRED.join(', ')}.`);
  }
  if (algorithm !== ALGORITHM) throw malformed(`X-Amz-Algorithm only supports "${ALGORITHM}".`);
  if (parseTimestamp(timestamp) === undefined) {
    throw malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\".");
  }
  const { accessKeyId, scope } = parseCredential(credential, timestamp, malformed);
  return {
    accessKeyId,
    scope,
    timestamp,
    expiresIn: parseExpiresIn(expires),
    signedHeaders: parseSignedHeaders(signedHeaders, malformed),
    signature: parseSignature(signature, malformed),
    payloadHash: given.get('x-amz-content-sha256') ?? headers['x-amz-content-sha256'] ?? UNSIGNED_PAYLOAD,
  };
}

function parseExpiresIn(text: string): number {
  if (!/^-?\d+$/.test(text)) throw malformed('X-Amz-Expires should be a number.');
  const seconds = Number(text);
  if (seconds < 1) throw malformed('X-Amz-Expires must be at least 1 second.');
  if (seconds > MAX_EXPIRES_IN) {
    throw malformed(`X-Amz-Expires must be less than a week (in seconds): at most ${MAX_EXPIRES_IN}.`);
  }
  return seconds;
}

/** The parameters of a signature by their names in lower case, which must not come twice. */
function parametersOf(query: readonly QueryParameter[]): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  for (const [name, value] of query) {
    const lower = name.toLowerCase();
    if (!OF_SIGNATURE.has(lower)) continue;
    if (given.has(lower)) throw malformed(`${name} is given more than once.`);
    given.set(lower, value);
  }
  return given;
}

/** The AWS SDKs move header fields into the query as they are spelt there, so letter case is not to be relied on. */
function isNamed([name]: QueryParameter, wanted: string): boolean {
  return name.length === wanted.length && name.toLowerCase() === wanted.toLowerCase();
}

function malformed(message: string): S3Error {
  return new S3Error('AuthorizationQueryParametersError', message);
}

import { timingSafeEqual } from 'node:crypto';
import { S3Error } from '../errors.js';
import type { Authentication } from './authentication.js';
import { signatureOf, stringToSign } from './canonical.js';
import { type CredentialScope, signingKey } from './signing-key.js';
import { parseTimestamp } from './timestamp.js';

/** A signature that holds, and what the chunks of a streamed body are signed with in turn. */
export interface VerifiedSignature {
  readonly accessKeyId: string;
  /** Hexadecimal SHA-256 of the body, `UNSIGNED-PAYLOAD` or the name of a streaming signature. */
  readonly payloadHash: string;
  readonly signature: string;
  readonly signingKey: Buffer;
  readonly scope: CredentialScope;
  readonly timestamp: string;
}

/** How far a client's clock may be off: 15 minutes. */
const MAX_SKEW_MS = 15 * 60 * 1000;

/**
 * Verifies a signature against the secret of its access key at `now` (ms).
 *
 * Throws S3Error: RequestTimeTooSkewed, AccessDenied (a presigned URL that has expired or is from the future),
 * SignatureDoesNotMatch.
 */
export function verifySignature(
  authentication: Authentication,
  secretAccessKey: string,
  now: number,
): VerifiedSignature {
  const { accessKeyId, payloadHash, signature, scope, timestamp } = authentication;
  if (authentication.expiresIn === undefined) assertNotSkewed(timestamp, now);
  else assertNotExpired(timestamp, authentication.expiresIn, now);
  const key = signingKey(secretAccessKey, scope);
  const text = stringToSign(timestamp, scope, authentication.canonicalRequest);
  if (!equalHex(signatureOf(key, text), signature)) throw mismatch(authentication, text);
  return { accessKeyId, payloadHash, signature, signingKey: key, scope, timestamp };
}

/** Compares hexadecimal signatures in a time that tells nothing of where they differ. */
export function equalHex(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'));
}

function assertNotSkewed(timestamp: string, now: number): void {
  if (Math.abs(now - millisecondsOf(timestamp)) <= MAX_SKEW_MS) return;
  throw new S3Error('RequestTimeTooSkewed', undefined, {
    fields: {
      RequestTime: timestamp,
      ServerTime: new Date(now).toISOString(),
      MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS),
    },
  });
}

function assertNotExpired(timestamp: string, expiresIn: number, now: number): void {
  const signedAt = millisecondsOf(timestamp);
  if (signedAt - now > MAX_SKEW_MS) throw new S3Error('AccessDenied', 'Request is not valid yet');
  const expires = signedAt + expiresIn * 1000;
  if (now <= expires) return;
  throw new S3Error('AccessDenied', 'Request has expired', {
    fields: {
      'X-Amz-Expires': String(expiresIn),
      Expires: new Date(expires).toISOString(),
      ServerTime: new Date(now).toISOString(),
    },
  });
}

/** An authentication has a valid timestamp; anything else would be long past. */
function millisecondsOf(timestamp: string): number {
  return parseTimestamp(timestamp) ?? 0;
}

/** A customer's encryption key (SSE-C) is a signed field like others, and a secret unlike them. */
const ENCRYPTION_KEY = /(-customer-key:).*/g;

/** AWS answers with both texts, which show at a glance what client and server see differently. */
function mismatch({ accessKeyId, signature, canonicalRequest }: Authentication, text: string): S3Error {
  return new S3Error('SignatureDoesNotMatch', undefined, {
    fields: {
      AWSAccessKeyId: accessKeyId,
      StringToSign: text,
      SignatureProvided: signature,
      CanonicalRequest: canonicalRequest.replace(ENCRYPTION_KEY, '$1***'),
    },
  });
}

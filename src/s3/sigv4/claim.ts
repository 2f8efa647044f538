import type { S3Error } from '../errors.js';
import type { CredentialScope } from './signing-key.js';

/** What an Authorization header or a presigned URL says of its signature. */
export interface Claim {
  readonly accessKeyId: string;
  readonly scope: CredentialScope;
  /** As it was signed: 20130524T000000Z. */
  readonly timestamp: string;
  /** Seconds that a presigned URL is good for; undefined when the header signs. */
  readonly expiresIn: number | undefined;
  /** Names of the header fields that the signature covers. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** Hexadecimal SHA-256 of the body, `UNSIGNED-PAYLOAD` or the name of a streaming signature. */
  readonly payloadHash: string;
}

/** An access key id may have slashes; a date, a region and a service have none. */
const CREDENTIAL = /^(.+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/;
const SIGNATURE = /^[0-9a-f]{64}$/;
const FIELD_NAMES = /^[!#$%&'*+.^_`|~0-9a-z-]+(?:;[!#$%&'*+.^_`|~0-9a-z-]+)*$/;

/** Makes an error of the kind that belongs to where the claim stands. */
export type Malformed = (message: string) => S3Error;

/** Any region is accepted: clients are configured with all kinds of names, and the gateway has none. */
export function parseCredential(
  credential: string,
  timestamp: string,
  malformed: Malformed,
): { accessKeyId: string; scope: CredentialScope } {
  const [, accessKeyId, date, region, service] = CREDENTIAL.exec(credential) ?? [];
  if (accessKeyId === undefined || date === undefined || region === undefined) {
    throw malformed(
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  if (service !== 's3') throw malformed(`incorrect service "${service}". This endpoint belongs to "s3".`);
  if (!timestamp.startsWith(date)) {
    throw malformed(
      `Invalid credential date "${date}". This date is not the same as X-Amz-Date: "${timestamp.slice(0, 8)}".`,
    );
  }
  return { accessKeyId, scope: { date, region } };
}

/** The names listed in SignedHeaders. */
export function parseSignedHeaders(list: string, malformed: Malformed): string[] {
  if (!FIELD_NAMES.test(list)) throw malformed('the SignedHeaders are mal-formed; expecting "name;name".');
  return list.split(';');
}

/** 64 lower-case hexadecimal digits. */
export function parseSignature(signature: string, malformed: Malformed): string {
  if (!SIGNATURE.test(signature))
    throw malformed('the Signature is mal-formed; expecting 64 hexadecimal digits.');
  return signature;
}

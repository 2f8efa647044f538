import { S3Error } from '../errors.js';
import { invalidArgument } from '../invalid-argument.js';
import type { FormFields } from '../post/form-fields.js';
import { requiredField } from '../post/form-fields.js';
import { temporaryCredentials, unsupportedMechanism } from './authentication.js';
import { ALGORITHM, signatureOf } from './canonical.js';
import { parseCredential } from './claim.js';
import { type CredentialScope, signingKey } from './signing-key.js';
import { parseTimestamp } from './timestamp.js';
import { equalHex } from './verify.js';

/** Who a form says it is from, and what its signature has to be made of: well-formed, but not yet verified. */
export interface FormClaim {
  readonly accessKeyId: string;
  readonly scope: CredentialScope;
  /** As the form has it: its base64 is what is signed. */
  readonly policy: string;
  readonly signature: string;
}

const SIGV2_FIELDS = ['awsaccesskeyid', 'signature'];
const SIGV4_FIELDS = ['x-amz-algorithm', 'x-amz-credential', 'x-amz-date', 'x-amz-signature'];

/**
 * Reads the signature of a form (AWS, "Authenticating Requests: Browser-Based Uploads Using POST"); undefined for an
 * anonymous one.
 *
 * Throws S3Error: InvalidArgument (a field is missing or malformed), InvalidRequest (another kind of signature),
 * InvalidToken (temporary credentials).
 */
export function parseFormClaim(fields: FormFields): FormClaim | undefined {
  if (fields.has('x-amz-security-token')) throw temporaryCredentials();
  if (SIGV2_FIELDS.some((name) => fields.has(name))) throw unsupportedMechanism();
  if (!SIGV4_FIELDS.some((name) => fields.has(name))) return undefined;
  if (requiredField(fields, 'X-Amz-Algorithm') !== ALGORITHM) throw unsupportedMechanism();
  const credential = requiredField(fields, 'X-Amz-Credential');
  const timestamp = requiredField(fields, 'X-Amz-Date');
  if (parseTimestamp(timestamp) === undefined) {
    throw invalidArgument('X-Amz-Date', timestamp, 'X-Amz-Date must be in the ISO8601 Long Format.');
  }
  const malformed = (message: string) => invalidArgument('X-Amz-Credential', credential, message);
  return {
    ...parseCredential(credential, timestamp, malformed),
    policy: requiredField(fields, 'Policy'),
    signature: requiredField(fields, 'X-Amz-Signature'),
  };
}

/** Throws S3Error SignatureDoesNotMatch. */
export function verifyForm(
  { accessKeyId, scope, policy, signature }: FormClaim,
  secretAccessKey: string,
): void {
  const expected = signatureOf(signingKey(secretAccessKey, scope), policy);
  if (equalHex(expected, signature)) return;
  throw new S3Error('SignatureDoesNotMatch', undefined, {
    fields: { AWSAccessKeyId: accessKeyId, StringToSign: policy, SignatureProvided: signature },
  });
}

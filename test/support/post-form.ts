import { createHmac } from 'node:crypto';
import { signatureOf } from '../../src/s3/sigv4/canonical.js';
import type { Credentials } from '../../src/s3/sigv4/sign.js';
import { signingKey } from '../../src/s3/sigv4/signing-key.js';
import { formatTimestamp } from '../../src/s3/sigv4/timestamp.js';

/** The fields of a form but the file, in the order in which they are sent. */
export type Fields = Readonly<Record<string, string>>;

export interface FormToSign {
  readonly bucket: string;
  /** Those that are not about the signature; each gets a condition that it meets. */
  readonly fields: Fields;
  /** Beside those that the fields get, or in place of all. */
  readonly conditions?: readonly unknown[];
  readonly onlyThese?: boolean;
  readonly credentials: Credentials;
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
}

/** Signs a form as AWS describes it ("Calculating a Signature", for browser-based uploads), and returns its fields. */
export function signForm(form: FormToSign): Fields {
  const { bucket, fields, credentials, conditions = [], expiresAt = Date.now() + 60_000 } = form;
  const claim = claimOf(credentials);
  const exact = Object.entries({ bucket, ...fields, ...claim }).map(([name, value]) => ({ [name]: value }));
  const document = {
    expiration: new Date(expiresAt).toISOString(),
    conditions: form.onlyThese ? conditions : [...exact, ...conditions],
  };
  return signWith(document, credentials, fields);
}

/** The fields of a form and what signs them under this policy, which is text, or JSON of anything. */
export function signWith(policy: unknown, credentials: Credentials, fields: Fields): Fields {
  const text = typeof policy === 'string' ? policy : JSON.stringify(policy);
  const Policy = Buffer.from(text).toString('base64');
  const claim = claimOf(credentials);
  const scope = { date: claim['X-Amz-Date'].slice(0, 8), region: REGION };
  const signature = signatureOf(signingKey(credentials.secretAccessKey, scope), Policy);
  return { ...fields, ...claim, Policy, 'X-Amz-Signature': signature };
}

const REGION = 'us-east-1';

/** Good for a day, so that two calls of one minute agree. */
function claimOf({ accessKeyId }: Credentials) {
  const midnight = new Date().setUTCHours(0, 0, 0, 0);
  const timestamp = formatTimestamp(midnight);
  return {
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${accessKeyId}/${timestamp.slice(0, 8)}/${REGION}/s3/aws4_request`,
    'X-Amz-Date': timestamp,
  };
}

/** As Signature Version 2 has it. */
export function signFormV2(fields: Fields, { accessKeyId, secretAccessKey }: Credentials): Fields {
  const policy = Buffer.from('{}').toString('base64');
  const signature = createHmac('sha1', secretAccessKey).update(policy).digest('base64');
  return { ...fields, AWSAccessKeyId: accessKeyId, policy, signature };
}

export function formOf(fields: Fields, file?: string | Blob, fileName = 'photo.jpg'): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  if (file !== undefined) form.append('file', typeof file === 'string' ? new Blob([file]) : file, fileName);
  return form;
}

import { SHADOW_OF } from '../filters/shadow-marker.js';
import { S3Error } from '../s3/errors.js';
import type { FormFields } from '../s3/post/form-fields.js';
import { parseAuthentication } from '../s3/sigv4/authentication.js';
import { parseFormClaim, verifyForm } from '../s3/sigv4/form-claim.js';
import { type VerifiedSignature, verifySignature } from '../s3/sigv4/verify.js';
import type { AccessKeyRecord } from '../state/access-keys.js';
import type { Registry } from '../state/registry.js';
import type { Clock } from '../system/clock.js';
import { ANONYMOUS, type Identity } from './authorize.js';
import type { RootKey } from './config.js';
import type { RequestHead } from './request-head.js';

/** Who sent a request; `verified` is what the chunks of a signed body are checked against. */
export interface Authenticated {
  readonly identity: Identity;
  readonly verified?: VerifiedSignature;
  /** Whether whoever signed it is a gateway that takes the bucket for a shadow. */
  readonly isForShadow: boolean;
}

/** Its functions throw S3Error: InvalidAccessKeyId, SignatureDoesNotMatch, RequestTimeTooSkewed, AccessDenied and others. */
export interface Authenticator {
  /** By the SigV4 signature in a header or a URL; a request without any is anonymous. */
  ofRequest(head: RequestHead): Promise<Authenticated>;
  /** By the SigV4 signature in a form, over its policy; a form without any is anonymous. */
  ofForm(fields: FormFields): Promise<Authenticated>;
}

export interface AuthenticatorOptions {
  readonly root?: RootKey | undefined;
  readonly registry: Registry;
  readonly clock: Clock;
}

interface Key {
  readonly identity: Identity;
  readonly secretAccessKey: string;
}

function keyOf(record: AccessKeyRecord | undefined): Key | undefined {
  if (record === undefined) return undefined;
  const { accessKeyId, bucket, role, secretAccessKey } = record;
  return { identity: { kind: 'key', accessKeyId, bucket, role }, secretAccessKey };
}

const NOBODY: Authenticated = { identity: ANONYMOUS, isForShadow: false };

/** Finds out who sent a request. */
export function createAuthenticator({ root, registry, clock }: AuthenticatorOptions): Authenticator {
  function knownKey(accessKeyId: string): Key | undefined {
    if (accessKeyId !== root?.accessKeyId) return keyOf(registry.accessKey(accessKeyId));
    return { identity: { kind: 'root', accessKeyId }, secretAccessKey: root.secretAccessKey };
  }

  async function lookUpKey(accessKeyId: string): Promise<Key> {
    const key = keyOf(await registry.lookUpAccessKey(accessKeyId));
    if (key !== undefined) return key;
    throw new S3Error('InvalidAccessKeyId', undefined, { fields: { AWSAccessKeyId: accessKeyId } });
  }

  return {
    async ofRequest({ method, address, received }) {
      // A browser asks without credentials; a presigned URL that it means to use is signed for another method.
      if (method === 'OPTIONS') return NOBODY;
      const { rawPath, rawQuery } = address;
      const authentication = parseAuthentication({ method, rawPath, rawQuery, headers: received });
      if (authentication === undefined) return NOBODY;
      const { identity, secretAccessKey } =
        knownKey(authentication.accessKeyId) ?? (await lookUpKey(authentication.accessKeyId));
      const verified = verifySignature(authentication, secretAccessKey, clock.now());
      const isForShadow = SHADOW_OF in received && authentication.signedHeaders.includes(SHADOW_OF);
      return { identity, verified, isForShadow };
    },

    async ofForm(fields) {
      const claim = parseFormClaim(fields);
      if (claim === undefined) return NOBODY;
      const { identity, secretAccessKey } =
        knownKey(claim.accessKeyId) ?? (await lookUpKey(claim.accessKeyId));
      verifyForm(claim, secretAccessKey);
      return { identity, isForShadow: false };
    },
  };
}

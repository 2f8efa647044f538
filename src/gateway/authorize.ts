import { S3Error } from '../s3/errors.js';
import type { QueryParameter } from '../s3/message.js';
import { type Access, accessOf, type OperationName } from '../s3/operations.js';
import type { AccessKeyRecord } from '../state/access-keys.js';

/** Who sent a request, once its signature has been checked. */
export type Identity =
  | { readonly kind: 'root'; readonly accessKeyId: string }
  | {
      readonly kind: 'key';
      readonly accessKeyId: string;
      readonly bucket: string;
      readonly role: AccessKeyRecord['role'];
    }
  | { readonly kind: 'anonymous' };

export const ANONYMOUS: Identity = { kind: 'anonymous' };

/** What each role may do with the bucket of its key. */
const ROLES: Readonly<Record<AccessKeyRecord['role'], readonly Access[]>> = {
  readonly: ['read'],
  editor: ['read', 'write'],
  admin: ['read', 'write', 'admin'],
};

/** Buckets come and go by root alone: a key outlives neither. */
const ROOT_ONLY: ReadonlySet<OperationName> = new Set(['CreateBucket', 'DeleteBucket']);

/** What a public bucket shows to everybody: its current objects, and not who else there is. */
const PUBLIC: ReadonlySet<OperationName> = new Set(['GetObject', 'HeadObject']);

/**
 * Throws AccessDenied unless `identity` may do `operation` in the bucket of that name ('': the service itself), and
 * BucketAlreadyOwnedByYou to a key that would create its own bucket: clients such as rclone do so before they write, and go on.
 */
export function assertAllowed(identity: Identity, operation: OperationName, bucket: string): void {
  if (identity.kind === 'root') return;
  if (identity.kind === 'anonymous') throw new S3Error('AccessDenied');
  if (operation === 'ListBuckets') return;
  const mayDo = ROLES[identity.role].includes(accessOf(operation)) && !ROOT_ONLY.has(operation);
  if (identity.bucket === bucket && operation === 'CreateBucket') {
    throw new S3Error('BucketAlreadyOwnedByYou', undefined, { fields: { BucketName: bucket } });
  }
  if (identity.bucket !== bucket || !mayDo) throw new S3Error('AccessDenied');
}

export interface AnonymousRequest {
  readonly operation: OperationName;
  readonly query: readonly QueryParameter[];
  /** Whether the bucket is public. */
  readonly isPublic: boolean;
}

/**
 * Throws unless anybody may do this: read a current object of a public bucket, or ask what CORS allows.
 * A response-* parameter needs a signature (AWS, GetObject: "you must sign the request").
 */
export function assertPublic({ operation, query, isPublic }: AnonymousRequest): void {
  if (operation === 'Preflight') return;
  if (!isPublic || !PUBLIC.has(operation)) throw new S3Error('AccessDenied');
  if (query.some(([name]) => name === 'versionId')) throw new S3Error('AccessDenied');
  if (query.some(([name]) => name.startsWith('response-'))) {
    throw new S3Error(
      'InvalidRequest',
      'Request specific response headers cannot be used for anonymous GET requests.',
    );
  }
}

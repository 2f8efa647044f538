import { collect } from '../s3/body.js';
import { S3Error } from '../s3/errors.js';
import type { HeaderFields, S3Service } from '../s3/message.js';
import type { OperationName } from '../s3/operations.js';
import { readCreateBucket, writeBuckets } from '../s3/xml/buckets.js';
import { bucketsPage } from '../s3/xml/buckets-page.js';
import { xmlResponse } from '../s3/xml/response.js';
import type { BucketRecord } from '../state/buckets.js';
import type { Identity } from './authorize.js';

/** What plain S3 says of buckets themselves: Penumbra's own, under the names that clients know. */
export interface AccountService {
  /** The service of an operation that the gateway answers itself; undefined for all that a bucket's store answers. */
  serviceOf(operation: OperationName, identity: Identity): S3Service | undefined;
}

export interface BucketToCreate {
  readonly name: string;
  readonly objectLock: boolean;
}

export interface AccountOptions {
  readonly createBucket: (bucket: BucketToCreate, identity: Identity) => Promise<unknown>;
  readonly destroyBucket: (name: string, identity: Identity) => Promise<void>;
  /** All buckets, in the order of their names. */
  readonly listBuckets: () => readonly BucketRecord[];
}

const OWNER = { id: 'penumbra', displayName: 'penumbra' };

const MAX_CONFIGURATION_BYTES = 64 * 1024;

export function createAccount(options: AccountOptions): AccountService {
  const createBucketFor =
    (identity: Identity): S3Service =>
    async ({ bucket, headers, body }) => {
      assertPrivate(headers);
      // Buckets live on the default backend, whatever region a client believes it to be in.
      if (body !== undefined) readCreateBucket(await collect(body, MAX_CONFIGURATION_BYTES, tooLong));
      const lock = headers['x-amz-bucket-object-lock-enabled'];
      await options.createBucket({ name: bucket, objectLock: lock?.toLowerCase() === 'true' }, identity);
      return { status: 200, headers: { location: `/${bucket}` } };
    };

  const destroyBucketFor =
    (identity: Identity): S3Service =>
    async ({ bucket }) => {
      await options.destroyBucket(bucket, identity);
      return { status: 204, headers: {} };
    };

  function listFor(identity: Identity): S3Service {
    return async (request) => {
      const visible = options
        .listBuckets()
        .filter(
          ({ name }) => identity.kind === 'root' || (identity.kind === 'key' && identity.bucket === name),
        );
      const { buckets, ...page } = bucketsPage(visible, request);
      return xmlResponse(writeBuckets(buckets, OWNER, page));
    };
  }

  return {
    serviceOf(operation, identity) {
      if (operation === 'ListBuckets') return listFor(identity);
      if (operation === 'CreateBucket') return createBucketFor(identity);
      return operation === 'DeleteBucket' ? destroyBucketFor(identity) : undefined;
    },
  };
}

/** What a client asks of a new bucket and does not get is refused rather than forgotten. */
function assertPrivate(headers: HeaderFields): void {
  const isGranted = Object.keys(headers).some((name) => name.startsWith('x-amz-grant-'));
  if ((headers['x-amz-acl'] ?? 'private') === 'private' && !isGranted) return;
  throw new S3Error('NotImplemented', 'A bucket is created private.');
}

function tooLong(): S3Error {
  return new S3Error('MaxMessageLengthExceeded');
}

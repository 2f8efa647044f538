import { formatCopySource, parseCopySource } from '../s3/copy-source.js';
import { S3Error } from '../s3/errors.js';
import type { HeaderFields, S3Service } from '../s3/message.js';
import type { OperationName } from '../s3/operations.js';
import type { BucketRecord } from '../state/buckets.js';
import type { AccountService } from './account.js';
import { assertAllowed, assertPublic, type Identity } from './authorize.js';
import type { BucketRoute } from './bucket-route.js';
import type { BucketRoutes } from './bucket-routes.js';
import type { RequestHead } from './request-head.js';

/** The service that may answer a request. */
export interface Admitted {
  readonly service: S3Service;
  /** What the backend calls the bucket; undefined when the gateway answers itself. */
  readonly targetBucket?: string;
  /** Header fields that the service must get in place of the client's. */
  readonly fields?: HeaderFields | undefined;
}

export type Admit = (identity: Identity, head: RequestHead) => Promise<Admitted>;

/** Operations that would hand out the backend's own credentials, or carry their authorisation in a form. */
const NOT_OFFERED: ReadonlySet<OperationName> = new Set(['CreateSession', 'PostObject']);

const COPY_SOURCE = 'x-amz-copy-source';

/**
 * Decides who may do what, and which service does it. The function throws S3Error: AccessDenied, NoSuchBucket (to root
 * alone: others learn nothing of buckets that are not theirs), NotImplemented.
 */
export function createAdmission(routes: BucketRoutes, account: AccountService): Admit {
  async function admitCopySource(identity: Identity, value: string, bucket: string): Promise<HeaderFields> {
    const source = parseCopySource(value);
    assertAllowed(identity, 'GetObject', source.bucket);
    const route = await findRoute(routes, source.bucket);
    if (source.bucket !== bucket) assertSameStore(route.record, (await findRoute(routes, bucket)).record);
    return { [COPY_SOURCE]: formatCopySource({ ...source, bucket: route.record.targetBucket }) };
  }

  return async function admit(identity, { operation, address, query, fields }) {
    const { bucket } = address;
    if (identity.kind === 'anonymous') {
      const isPublic = (await routes.find(bucket))?.record.public === true;
      assertPublic({ operation, query, isPublic });
    } else {
      assertAllowed(identity, operation, bucket);
    }
    if (NOT_OFFERED.has(operation)) throw new S3Error('NotImplemented');
    const own = account.serviceOf(operation, identity);
    if (own) return { service: own };
    const value = fields[COPY_SOURCE];
    const replaced = value === undefined ? undefined : await admitCopySource(identity, value, bucket);
    const { service, record } = await findRoute(routes, bucket);
    return { service, targetBucket: record.targetBucket, fields: replaced };
  };
}

async function findRoute(routes: BucketRoutes, bucket: string): Promise<BucketRoute> {
  const route = await routes.find(bucket);
  if (route === undefined) throw new S3Error('NoSuchBucket', undefined, { fields: { BucketName: bucket } });
  return route;
}

/** A store copies what it holds itself: objects that are elsewhere, or still in a shadow, it cannot see. */
function assertSameStore(source: BucketRecord, target: BucketRecord): void {
  if (source.backend !== target.backend) {
    throw new S3Error('NotImplemented', 'Copying between buckets on different backends is not supported.');
  }
  if (source.shadow !== null) {
    throw new S3Error(
      'NotImplemented',
      'Copying from another bucket that still has a shadow is not supported.',
    );
  }
}

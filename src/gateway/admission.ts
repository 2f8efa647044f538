import { S3Error } from '../s3/errors.js';
import type { HeaderFields, S3Service } from '../s3/message.js';
import type { OperationName } from '../s3/operations.js';
import { swapping } from '../shadow/ask-shadow.js';
import type { BucketRecord } from '../state/buckets.js';
import { samePlace } from '../state/place.js';
import type { AccountService } from './account.js';
import type { Authenticated } from './authenticate.js';
import { assertAllowed, assertPublic } from './authorize.js';
import type { BucketRoute } from './bucket-route.js';
import { type BucketRoutes, findRoute } from './bucket-routes.js';
import { admitCopySource } from './copying.js';
import type { RouteMeter } from './metrics/requests.js';
import type { RequestHead } from './request-head.js';
import type { GatewayLease } from './switching/lease.js';
import { servedOutOfTouch } from './switching/out-of-touch.js';
import { withoutShadows } from './without-shadows.js';

/** The service that may answer a request. */
export interface Admitted {
  readonly service: S3Service;
  /** Counts the requests of the bucket; none where the gateway answers itself. */
  readonly meter?: RouteMeter;
  /** What the backend calls the bucket; undefined when the gateway answers itself. */
  readonly targetBucket?: string;
  /** Which conditions the bucket's target was seen to honour. */
  readonly conditionalWrites?: BucketRecord['conditionalWrites'];
  /** Header fields that the service must get in place of the client's. */
  readonly fields?: HeaderFields;
}

export type Admit = (sender: Authenticated, head: RequestHead) => Promise<Admitted>;

/** It would hand out the backend's own credentials. */
const NOT_OFFERED: ReadonlySet<OperationName> = new Set(['CreateSession']);

const COPY_SOURCE = 'x-amz-copy-source';

export interface AdmissionOptions {
  readonly routes: BucketRoutes;
  readonly account: AccountService;
  readonly lease: Pick<GatewayLease, 'tenure' | 'mayRead'>;
}

/**
 * Decides who may do what, and which service does it. The function throws S3Error: AccessDenied, NoSuchBucket (to root
 * alone: others learn nothing of buckets that are not theirs), NotImplemented, and what admitCopySource throws.
 */
export function createAdmission({ routes: allRoutes, account, lease }: AdmissionOptions): Admit {
  const targetsAlone = withoutShadows(allRoutes);

  async function assertAnybodyMay({ operation, query, address: { bucket } }: RequestHead): Promise<void> {
    const route = await allRoutes.find(bucket);
    if (route === undefined) throw new S3Error('AccessDenied');
    assertPublic({ operation, query, isPublic: route.record.public });
  }

  const admitted = ({ service, target, record, meter }: BucketRoute): Admitted => ({
    service: lease.tenure.isOver() ? servedOutOfTouch({ target, record, mayRead: lease.mayRead() }) : service,
    meter,
    targetBucket: record.target.bucket,
    conditionalWrites: record.conditionalWrites,
  });

  return async function admit({ identity, isForShadow }, head) {
    const { operation, address, fields } = head;
    if (identity.kind === 'anonymous') await assertAnybodyMay(head);
    else assertAllowed(identity, operation, address.bucket);
    if (NOT_OFFERED.has(operation)) throw new S3Error('NotImplemented');
    const own = account.serviceOf(operation, identity);
    if (own) return { service: own };
    if (address.bucket === '') throw new S3Error('MethodNotAllowed');
    const routes = isForShadow ? targetsAlone : allRoutes;
    const target = await findRoute(routes, address.bucket);
    const copySource = fields[COPY_SOURCE];
    if (copySource === undefined) return admitted(target);
    const admittedSource = await admitCopySource(copySource, { identity, target, routes });
    // The bucket's route may have changed while its object was brought over.
    const current = await findRoute(routes, address.bucket);
    if (!samePlace(current.record.target, target.record.target)) throw swapping();
    return {
      ...admitted(current),
      fields: { [COPY_SOURCE]: admittedSource },
    };
  };
}

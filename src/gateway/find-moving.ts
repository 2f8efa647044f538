import { S3Error } from '../s3/errors.js';
import type { Ledger } from '../state/ledger.js';
import type { MovingBucket } from '../sweep/rows.js';
import type { MovingFrom } from './bucket-route.js';
import type { BucketRoutes } from './bucket-routes.js';

/** Both stores of a bucket as they are served now. @throws S3Error InvalidBucketState for a bucket without a shadow */
export async function findMoving(routes: Pick<BucketRoutes, 'find'>, name: string): Promise<MovingFrom> {
  const moving = (await routes.find(name))?.movingFrom;
  if (moving) return moving;
  throw new S3Error('InvalidBucketState', `Bucket "${name}" has no shadow.`);
}

/** The stores of a bucket and what is known of its keys, each time as they are served then: what takes long goes on when the settings change. */
export function followMoving(
  routes: Pick<BucketRoutes, 'find'>,
  name: string,
  prefix: string,
): MovingBucket & { readonly ledger: Pick<Ledger, 'deletedAmong' | 'record'> } {
  const now = () => findMoving(routes, name);
  return {
    prefix,
    target: async (request) => (await now()).target(request),
    shadow: async (request) => (await now()).shadow(request),
    ledger: {
      deletedAmong: async (keys) => (await now()).ledger.deletedAmong(keys),
      record: async (key) => (await now()).ledger.record(key),
    },
  };
}

import { S3Error } from '../s3/errors.js';
import type { MovingBucket } from '../sweep/rows.js';
import type { MovingFrom } from './bucket-route.js';
import type { BucketRoutes } from './bucket-routes.js';

/** Both stores of a bucket as they are served now. @throws S3Error InvalidBucketState for a bucket without a shadow */
export async function findMoving(
  routes: Pick<BucketRoutes, 'find'>,
  name: string,
): Promise<MovingFrom & MovingBucket> {
  const route = await routes.find(name);
  if (route?.movingFrom) return { ...route.movingFrom, target: route.target };
  throw new S3Error('InvalidBucketState', `Bucket "${name}" has no shadow.`);
}

import type { S3Filter } from '../s3/message.js';

/**
 * Says of a request that it comes from a gateway and is meant for a shadow; its value is the id of the bucket whose shadow
 * that is. A gateway answers it from the target alone, so that buckets which are each other's shadows do not ask in circles.
 */
export const SHADOW_OF = 'x-penumbra-shadow-of';

/** Marks every request as one to the shadow of the bucket with this id. */
export const markAsShadowOf =
  (bucketId: string): S3Filter =>
  (service) =>
  (request) =>
    service({ ...request, headers: { ...request.headers, [SHADOW_OF]: bucketId } });

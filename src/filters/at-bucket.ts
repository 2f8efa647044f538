import type { S3Filter } from '../s3/message.js';

/** The service of one bucket, under whatever name a request calls it. */
export const atBucket =
  (bucket: string): S3Filter =>
  (service) =>
  (request) =>
    // A spread followed by more properties would cost several times as much.
    service(request.bucket === bucket ? request : Object.assign({}, request, { bucket }));

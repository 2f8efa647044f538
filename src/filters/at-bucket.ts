import type { S3Filter } from '../s3/message.js';

/** The service of one bucket, under whatever name a request calls it. */
export const atBucket =
  (bucket: string): S3Filter =>
  (service) =>
  (request) =>
    service(request.bucket === bucket ? request : { ...request, bucket });

import type { S3Filter } from '../s3/message.js';

/** For a store that is not known to take a checksum after the body: the body was verified on the way and is sent without it. */
export const withoutTrailers: S3Filter = (service) => (request) => {
  if (request.announcedTrailer === undefined) return service(request);
  const { announcedTrailer: _, ...plain } = request;
  return service(plain);
};

import type { S3Request, S3Service } from '../../src/s3/message.js';

const MARK = 'x-simulated-request';

/** The service, where everything that is asked of it carries the mark of one client's request. */
export const marking =
  (service: S3Service, mark: string): S3Service =>
  (request) =>
    service({ ...request, headers: { ...request.headers, [MARK]: mark } });

/** Which client's request a store is asked for; undefined for what a gateway asks by itself. */
export const markOf = ({ headers }: S3Request): string | undefined => headers[MARK];

import { S3Error } from '../../src/s3/errors.js';
import type { S3Service } from '../../src/s3/message.js';
import { queryValue } from '../../src/s3/params.js';
import { errorResponse } from '../../src/s3/xml/error.js';

/** A store to which an upload that it has completed is one that it does not have, as to Ceph RGW; others answer again as at first. */
export function forgettingUploads(store: S3Service): S3Service {
  const completed = new Set<string>();
  return async (request) => {
    if (request.operation !== 'CompleteMultipartUpload') return store(request);
    const { method, bucket, key } = request;
    const uploadId = queryValue(request, 'uploadId') ?? '';
    if (completed.has(uploadId)) {
      const context = { requestId: 'simulated', resource: `/${bucket}/${key}` };
      return errorResponse(new S3Error('NoSuchUpload'), context, method);
    }
    const answer = await store(request);
    if (answer.status < 300) completed.add(uploadId);
    return answer;
  };
}

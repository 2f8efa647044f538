import { discard } from '../../s3/body.js';
import { S3Error } from '../../s3/errors.js';
import type { S3Filter } from '../../s3/message.js';
import { refusal } from './context.js';
import { DECRYPTS, isMarked } from './mark.js';

/** For a backend without keys: what a gateway has encrypted is refused, since it is not what clients wrote; but to one that does so before this one. */
export const refuseMarked =
  (backend: string): S3Filter =>
  (store) =>
  async (request) => {
    const answer = await store(request);
    const isRead = request.operation === 'GetObject' || request.operation === 'HeadObject';
    if (!isRead || !isMarked(answer.headers) || request.headers[DECRYPTS] !== undefined) return answer;
    discard(answer.body);
    const message = `The object is encrypted, and the backend "${backend}" has no keys (encryption: mode: aes256-gcm).`;
    return refusal(new S3Error('InvalidObjectState', message), request);
  };

import { S3Error } from '../../s3/errors.js';
import type { Handler } from './operation.js';

/** OPTIONS: a bucket of a store has no CORS rules, so no script of another site is let in (AWS, "Testing CORS"). */
export const preflight: Handler = async ({ request }) => {
  const { origin, 'access-control-request-method': method } = request.headers;
  if (origin === undefined) {
    throw new S3Error('BadRequest', 'Insufficient information. Origin request header needed.');
  }
  if (method === undefined) {
    throw new S3Error('BadRequest', 'Invalid Access-Control-Request-Method: null');
  }
  const fields = { Method: method, ResourceType: request.key === '' ? 'BUCKET' : 'OBJECT' };
  throw new S3Error('AccessForbidden', undefined, { fields });
};

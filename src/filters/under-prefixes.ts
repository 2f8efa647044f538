import { collect, discard } from '../s3/body.js';
import { S3Error } from '../s3/errors.js';
import type { S3Filter, S3Request, S3Response, S3Service } from '../s3/message.js';
import { errorResponse } from '../s3/xml/error.js';
import { mapTexts } from '../s3/xml/map-texts.js';
import { deleteUnderPrefixes } from './delete-under-prefixes.js';
import { type KeyPrefixes, keyInShadow } from './key-prefixes.js';
import { listUnderPrefixes } from './list-under-prefixes.js';

/** Answers that say something of the object, or of the request for it, which clients are told: with the name that they gave it. */
const OF_THE_OBJECT: ReadonlySet<number> = new Set([400, 404, 412, 416]);

/** Longer than any error of S3. */
const MAX_ERROR = 1024 * 1024;

/**
 * A shadow as a bucket whose keys are called what they are called in the target. What it cannot have is not there, which is answered without
 * a request.
 */
export const underPrefixes =
  (prefixes: KeyPrefixes): S3Filter =>
  (service) => {
    if (prefixes.prefix === '' && prefixes.targetPrefix === '') return service;
    return async (request) =>
      request.key === '' ? askBucket(service, request, prefixes) : askObject(service, request, prefixes);
  };

async function askObject(service: S3Service, request: S3Request, prefixes: KeyPrefixes): Promise<S3Response> {
  const key = keyInShadow(prefixes, request.key);
  if (key === undefined) return notThere(request);
  const answer = await service({ ...request, key });
  if (!OF_THE_OBJECT.has(answer.status) || answer.body === undefined) return answer;
  const xml = (await collect(answer.body, MAX_ERROR)).toString('utf8');
  const body = Buffer.from(mapTexts(xml, ['Key'], () => request.key));
  return { ...answer, headers: { ...answer.headers, 'content-length': String(body.length) }, body };
}

/** What S3 answers of a key that it does not have: a delete of it is done. */
function notThere({ operation, method, key }: S3Request): S3Response {
  if (operation === 'DeleteObject') return { status: 204, headers: {} };
  return errorResponse(new S3Error('NoSuchKey'), { requestId: '', resource: key, key }, method);
}

async function askBucket(service: S3Service, request: S3Request, prefixes: KeyPrefixes): Promise<S3Response> {
  if (request.operation === 'HeadBucket') return headBucket(service, request, prefixes);
  if (request.operation === 'ListObjectsV2') return listUnderPrefixes(service, request, prefixes);
  if (request.operation === 'DeleteObjects') return deleteUnderPrefixes(service, request, prefixes);
  // An answer with the shadow's own keys in it would be taken for the target's.
  throw new S3Error('NotImplemented', `${request.operation} is not asked of a shadow under a prefix.`);
}

/** Whether it is there, asked in a way that is allowed to who may list no more than what is under `prefix`. */
async function headBucket(
  service: S3Service,
  request: S3Request,
  { prefix }: KeyPrefixes,
): Promise<S3Response> {
  if (prefix === '') return service(request);
  const query = [
    ['list-type', '2'],
    ['prefix', prefix],
    ['max-keys', '1'],
  ] as const;
  const { status, headers, body } = await service({
    ...request,
    operation: 'ListObjectsV2',
    method: 'GET',
    query,
  });
  discard(body);
  return { status, headers };
}

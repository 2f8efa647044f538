import { createHash } from 'node:crypto';
import { collect } from '../s3/body.js';
import type { S3Request, S3Response, S3Service } from '../s3/message.js';
import {
  type DeleteRequest,
  type DeleteResult,
  readDelete,
  readDeleteResult,
  writeDelete,
  writeDeleteResult,
} from '../s3/xml/delete.js';
import { xmlResponse } from '../s3/xml/response.js';
import { type KeyPrefixes, keyInShadow, keyInTarget } from './key-prefixes.js';

/** Longer than 1,000 keys of 1,024 bytes, each byte escaped. */
const MAX_DOCUMENT = 16 * 1024 * 1024;

/**
 * DeleteObjects of keys as the target calls them. What the shadow cannot have is gone already, as S3 says of any key that is not there.
 *
 * @throws S3Error MalformedXML
 */
export async function deleteUnderPrefixes(
  service: S3Service,
  request: S3Request,
  prefixes: KeyPrefixes,
): Promise<S3Response> {
  const { objects, quiet } = readDelete(await collect(request.body, MAX_DOCUMENT));
  const named = objects.map((object) => ({ object, key: keyInShadow(prefixes, object.key) }));
  const there = named.flatMap(({ object, key }) => (key === undefined ? [] : [{ ...object, key }]));
  const gone = named.flatMap(({ object, key }) => (key === undefined ? [object] : []));
  if (there.length === 0) return answered({ deleted: gone, errors: [] }, quiet);
  const answer = await service(withDocument(request, { objects: there, quiet }));
  if (answer.status !== 200) return answer;
  const { deleted, errors } = readDeleteResult(await collect(answer.body, MAX_DOCUMENT));
  const renamed = <T extends { readonly key: string }>(entry: T): T => ({
    ...entry,
    key: keyInTarget(prefixes, entry.key),
  });
  return answered({ deleted: [...deleted.map(renamed), ...gone], errors: errors.map(renamed) }, quiet);
}

/** What the header fields say of the body they say of the new one. */
function withDocument(request: S3Request, document: DeleteRequest): S3Request {
  const { 'x-amz-content-sha256': _, ...headers } = request.headers;
  const body = Buffer.from(writeDelete(document));
  const described = {
    'content-length': String(body.length),
    'content-md5': createHash('md5').update(body).digest('base64'),
  };
  return { ...request, headers: { ...headers, ...described }, body };
}

function answered(result: DeleteResult, quiet: boolean): S3Response {
  return xmlResponse(writeDeleteResult(result, quiet));
}

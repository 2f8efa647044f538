import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { collect, discard } from '../../s3/body.js';
import { S3Error } from '../../s3/errors.js';
import type { HeaderFields, S3Filter, S3Request, S3Service } from '../../s3/message.js';
import type { OperationName } from '../../s3/operations.js';
import { SCRATCH_PREFIX } from '../../s3/scratch-key.js';
import { readInitiateResult } from '../../s3/xml/multipart.js';
import { refusal } from './context.js';

/** They say how an object is to be encrypted. */
const MAKING_OBJECTS: ReadonlySet<OperationName> = new Set([
  'PutObject',
  'CopyObject',
  'CreateMultipartUpload',
]);

const SSE = 'x-amz-server-side-encryption';

const MAX_BUCKETS = 10_000;

/**
 * Has the backend encrypt what is written (AWS, "Protecting data with server-side encryption"). What a client says of it itself stands. Some stores ignore it
 * (Ceph RGW 16.2 without a key management service): before the first write to a bucket that is found out, and then all are refused, so that nothing is stored in the clear.
 */
export const serverSide =
  (fields: HeaderFields, backend: string): S3Filter =>
  (store) => {
    const ignored = new LRUCache<string, Promise<boolean>>({ max: MAX_BUCKETS });
    const isIgnored = (request: S3Request): Promise<boolean> => {
      const { bucket } = request;
      const known = ignored.get(bucket);
      if (known) return known;
      const found = isIgnoredBy(store, request, fields);
      ignored.set(bucket, found);
      found.catch(() => ignored.delete(bucket));
      return found;
    };
    return async (request) => {
      const { operation, headers } = request;
      const isTold =
        !MAKING_OBJECTS.has(operation) || Object.keys(headers).some((name) => name.startsWith(SSE));
      if (isTold) return store(request);
      if (!(await isIgnored(request))) return store({ ...request, headers: { ...headers, ...fields } });
      discard(request.body);
      return refusal(new S3Error('NotImplemented', whyRefused(backend)), request);
    };
  };

const whyRefused = (backend: string): string =>
  `The backend "${backend}" ignores ${SSE}: the object would be stored in the clear.`;

/** By an upload that is begun and aborted: what it answers says how its object would be encrypted (AWS, CreateMultipartUpload). A store that refuses it refuses the write, too. */
async function isIgnoredBy(store: S3Service, { bucket }: S3Request, fields: HeaderFields): Promise<boolean> {
  const { signal } = new AbortController();
  const upload = { bucket, key: SCRATCH_PREFIX + randomUUID(), signal };
  const begin = { operation: 'CreateMultipartUpload', method: 'POST', query: [['uploads', '']] } as const;
  const begun = await store({ ...upload, ...begin, headers: fields });
  const document = await collect(begun.body, MAX_DOCUMENT);
  if (begun.status !== 200) return false;
  const { uploadId } = readInitiateResult(document);
  const abort = { operation: 'AbortMultipartUpload', method: 'DELETE', headers: {} } as const;
  const aborted = await store({ ...upload, ...abort, query: [['uploadId', uploadId]] });
  discard(aborted.body);
  return begun.headers[SSE] === undefined;
}

const MAX_DOCUMENT = 64 * 1024;

export const SSE_S3: HeaderFields = { [SSE]: 'AES256' };

/** @param keyId the backend's own key for the account unless given */
export const sseKms = (keyId: string | undefined): HeaderFields => ({
  [SSE]: 'aws:kms',
  ...(keyId !== undefined && { [`${SSE}-aws-kms-key-id`]: keyId }),
});

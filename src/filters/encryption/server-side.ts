import type { HeaderFields, S3Filter } from '../../s3/message.js';
import type { OperationName } from '../../s3/operations.js';

/** They say how an object is to be encrypted. */
const MAKING_OBJECTS: ReadonlySet<OperationName> = new Set([
  'PutObject',
  'CopyObject',
  'CreateMultipartUpload',
]);

const SSE = 'x-amz-server-side-encryption';

/** Has the backend encrypt what is written (AWS, "Protecting data with server-side encryption"). What a client says of it itself stands. */
export const serverSide =
  (fields: HeaderFields): S3Filter =>
  (store) =>
  (request) => {
    const { operation, headers } = request;
    const isTold =
      !MAKING_OBJECTS.has(operation) || Object.keys(headers).some((name) => name.startsWith(SSE));
    return store(isTold ? request : { ...request, headers: { ...headers, ...fields } });
  };

export const SSE_S3: HeaderFields = { [SSE]: 'AES256' };

/** @param keyId the backend's own key for the account unless given */
export const sseKms = (keyId: string | undefined): HeaderFields => ({
  [SSE]: 'aws:kms',
  ...(keyId !== undefined && { [`${SSE}-aws-kms-key-id`]: keyId }),
});

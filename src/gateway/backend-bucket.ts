import { collect, discard } from '../s3/body.js';
import { ERROR_TABLE, type S3ErrorCode } from '../s3/error-table.js';
import { S3Error } from '../s3/errors.js';
import type { HeaderFields, S3Response } from '../s3/message.js';
import type { OperationName } from '../s3/operations.js';
import { readError } from '../s3/xml/error.js';
import { document, element } from '../s3/xml/writer.js';
import type { OpenStore } from './stores.js';

const MAX_ERROR_BYTES = 64 * 1024;

/** A bucket as its backend has it. */
export interface BackendBucket {
  readonly backend: Pick<OpenStore, 'name' | 'service'>;
  readonly name: string;
  /** The region in which a remote backend makes it. */
  readonly region?: string;
  /** Whether it is made with object lock. */
  readonly objectLock?: boolean;
}

/** AWS makes buckets here when nothing is said, and refuses to be told so. */
const DEFAULT_REGION = 'us-east-1';

/** Makes sure that the bucket is there; true when it had to be made. Throws S3Error when it cannot be had. */
export async function ensureBackendBucket(bucket: BackendBucket): Promise<boolean> {
  const found = await ask(bucket, 'HEAD', 'HeadBucket');
  if (found.status === 200) return takenOver(bucket);
  if (found.status !== 404) throw await refusal(bucket, found);
  const headers = bucket.objectLock ? { 'x-amz-bucket-object-lock-enabled': 'true' } : {};
  const created = await ask(bucket, 'PUT', 'CreateBucket', { headers, body: configuration(bucket) });
  if (created.status !== 200) throw await refusal(bucket, created);
  discard(created.body);
  return true;
}

/** Whether the bucket is there. Throws S3Error when that is not told. */
export async function hasBackendBucket(bucket: BackendBucket): Promise<boolean> {
  const found = await ask(bucket, 'HEAD', 'HeadBucket');
  if (found.status !== 200 && found.status !== 404) throw await refusal(bucket, found);
  discard(found.body);
  return found.status === 200;
}

/** A bucket that is there may be without the object lock that was asked for. */
function takenOver({ backend, name, objectLock }: BackendBucket): false {
  if (!objectLock) return false;
  const message = `The backend "${backend.name}" has a bucket "${name}" already: object lock is for a new one.`;
  throw new S3Error('InvalidBucketState', message);
}

/** Throws what the backend says when it keeps the bucket (BucketNotEmpty); one that is gone already is fine. */
export async function deleteBackendBucket(bucket: BackendBucket): Promise<void> {
  const deleted = await ask(bucket, 'DELETE', 'DeleteBucket');
  if (deleted.status !== 204 && deleted.status !== 404) throw await refusal(bucket, deleted);
  discard(deleted.body);
}

function configuration({ region = DEFAULT_REGION }: BackendBucket): Buffer | undefined {
  return region === DEFAULT_REGION
    ? undefined
    : Buffer.from(document('CreateBucketConfiguration', element('LocationConstraint', region)));
}

interface Asked {
  readonly headers?: HeaderFields;
  readonly body?: Buffer | undefined;
}

function ask(
  { backend, name }: BackendBucket,
  method: string,
  operation: OperationName,
  { headers = {}, body }: Asked = {},
): Promise<S3Response> {
  const { signal } = new AbortController();
  const request = { operation, method, bucket: name, key: '', query: [], headers, signal };
  if (body === undefined) return backend.service(request);
  return backend.service({
    ...request,
    headers: { ...headers, 'content-length': String(body.length) },
    body,
  });
}

async function refusal({ backend, name }: BackendBucket, { status, body }: S3Response): Promise<S3Error> {
  const xml = body && (await collect(body, MAX_ERROR_BYTES, () => new S3Error('ServiceUnavailable')));
  const error = xml && readError(xml);
  const said = error ? `${error.code}: ${error.message}` : `status ${status}`;
  const code: S3ErrorCode =
    error && isKnown(error.code) ? error.code : status === 403 ? 'AccessDenied' : 'InvalidRequest';
  return new S3Error(code, `The backend "${backend.name}" refused the bucket "${name}": ${said}`);
}

function isKnown(code: string): code is S3ErrorCode {
  return Object.hasOwn(ERROR_TABLE, code);
}

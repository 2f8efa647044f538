import type { S3Request } from '../../s3/message.js';
import type { OperationName } from '../../s3/operations.js';
import type { TokenBucket } from './token-bucket.js';

const PARTS: ReadonlySet<OperationName> = new Set<OperationName>([
  'CreateMultipartUpload',
  'UploadPart',
  'UploadPartCopy',
]);

/**
 * Whether a request may be held up: reads, and parts of an upload, which nobody sees. What commits a copy must not. It is sent under a lease that begins before it, and nothing may
 * be sent that could apply after that lease is over.
 */
export const mayWait = ({ method, operation }: S3Request): boolean =>
  method === 'GET' || method === 'HEAD' || PARTS.has(operation);

/** Requests per second of both stores. An object pays when it begins for the request that commits it; all that may wait do. */
export class RequestLimit {
  #prepaid = 0;

  constructor(private readonly bucket: TokenBucket) {}

  beginObject(): void {
    this.bucket.charge(1);
    this.#prepaid += 1;
  }

  /** @param underWay objects that are still */
  endObject(underWay: number): void {
    const unused = Math.max(0, this.#prepaid - underWay);
    this.#prepaid -= unused;
    this.bucket.charge(-unused);
  }

  /** Before a request is sent. Undefined when it need not wait. @throws the reason of the request's signal */
  pay(request: S3Request): Promise<void> | undefined {
    if (mayWait(request)) return this.bucket.take(1, request.signal);
    if (this.#prepaid > 0) this.#prepaid -= 1;
    else this.bucket.charge(1);
    return undefined;
  }
}

import { checksumFields } from '../../backends/store/checksum-fields.js';
import { createChecksum } from '../../s3/checksums.js';
import { S3Error } from '../../s3/errors.js';
import type { QueryParameter, S3Request, S3Response, S3Service } from '../../s3/message.js';
import type { OperationName } from '../../s3/operations.js';
import {
  type CompletedPart,
  readCompleteResult,
  readInitiateResult,
  writeComplete,
} from '../../s3/xml/multipart.js';
import { isSuccess, readBody } from '../../shadow/ask.js';
import { compositeETag } from '../../shadow/copying/part-layout.js';
import type { Logger } from '../../system/logger.js';
import { type PartedHeaders, partedHeaders } from './parted-headers.js';

/** What the service answered in place of what was hoped for. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(readonly answer: S3Response) {
    super(`the service answered ${answer.status}`);
  }
}

export interface UploadOptions {
  readonly service: S3Service;
  readonly log: Logger;
}

/** The largest object that one request may write (AWS, "Amazon S3 multipart upload limits"): this stands for one. */
const MAX_BYTES = 5 * 1024 ** 3;

/** A PutObject carried out as an upload in parts, one after the other. Its methods throw Refused, and what the service fails with. */
export class UploadInParts {
  readonly #parts: CompletedPart[] = [];
  #length = 0;

  private constructor(
    private readonly put: S3Request,
    private readonly headers: PartedHeaders,
    private readonly uploadId: string,
    private readonly options: UploadOptions,
  ) {}

  /** CreateMultipartUpload. Throws S3Error MissingContentLength where a checksum asks for what is not computed here. */
  static async begin(put: S3Request, options: UploadOptions): Promise<UploadInParts> {
    const headers = partedHeaders(put.headers);
    const request = { operation: 'CreateMultipartUpload', method: 'POST', query: [['uploads', '']] } as const;
    const { body } = await ask(options.service, { ...addressOf(put), ...request, headers: headers.create });
    return new UploadInParts(put, headers, readInitiateResult(body).uploadId, options);
  }

  /** Throws S3Error EntityTooLarge. */
  async sendPart(body: Buffer): Promise<void> {
    this.#length += body.length;
    if (this.#length > MAX_BYTES) {
      throw new S3Error('EntityTooLarge', undefined, { fields: { MaxSizeAllowed: String(MAX_BYTES) } });
    }
    const partNumber = this.#parts.length + 1;
    const checksums = this.#checksumsOf(body);
    const query: QueryParameter = ['partNumber', String(partNumber)];
    const headers = { ...this.headers.part, ...checksumFields(checksums) };
    const { headers: answered } = await this.#ask('UploadPart', {
      method: 'PUT',
      query: [query],
      headers,
      body,
    });
    this.#parts.push({ partNumber, etag: answered.etag ?? '', ...(checksums && { checksums }) });
  }

  /** The answer to the PutObject. */
  async complete(): Promise<S3Response> {
    const answer = await this.#ask('CompleteMultipartUpload', {
      method: 'POST',
      query: [],
      headers: { ...this.headers.complete, 'content-type': 'application/xml' },
      body: Buffer.from(writeComplete(this.#parts)),
    });
    const result = readCompleteResult(answer.body);
    if ('error' in result) throw new Refused({ ...answer, status: 500 });
    const { 'content-type': _, 'content-length': __, ...headers } = answer.headers;
    const etag = result.etag || compositeETag(this.#parts.map((part) => part.etag));
    const type = result.checksumType && { 'x-amz-checksum-type': result.checksumType };
    return { status: 200, headers: { ...headers, etag, ...checksumFields(result.checksums), ...type } };
  }

  /** Frees the parts, whoever has left. What cannot be freed is left to the store's lifecycle rules. Never rejects. */
  async abort(): Promise<void> {
    const { signal } = new AbortController();
    try {
      await this.#ask('AbortMultipartUpload', {
        method: 'DELETE',
        query: [],
        headers: this.headers.abort,
        signal,
      });
    } catch (err) {
      this.options.log.warn({ err, key: this.put.key }, 'an upload in parts could not be aborted');
    }
  }

  #checksumsOf(body: Buffer): CompletedPart['checksums'] {
    const { algorithm } = this.headers;
    if (!algorithm) return undefined;
    const checksum = createChecksum(algorithm);
    checksum.update(body);
    return { [algorithm]: checksum.digest() };
  }

  #ask(operation: OperationName, asked: Asked): Promise<S3Response & { body: Buffer }> {
    const { body } = asked;
    const query = [...asked.query, ['uploadId', this.uploadId] as const];
    const length = body && { 'content-length': String(body.length) };
    const headers = { ...asked.headers, ...length };
    return ask(this.options.service, { ...addressOf(this.put), operation, ...asked, query, headers });
  }
}

type Asked = Pick<S3Request, 'method' | 'query' | 'headers'> &
  Partial<Pick<S3Request, 'signal'>> & { body?: Buffer };

const addressOf = ({ bucket, key, signal }: S3Request) => ({ bucket, key, signal });

async function ask(service: S3Service, request: S3Request): Promise<S3Response & { body: Buffer }> {
  const received = await service(request);
  const answer = { ...received, body: await readBody(received) };
  if (isSuccess(answer)) return answer;
  throw new Refused(answer);
}

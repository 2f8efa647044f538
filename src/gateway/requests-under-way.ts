import { finished, Readable } from 'node:stream';
import type { S3Request, S3Response, S3Service } from '../s3/message.js';
import type { OperationName } from '../s3/operations.js';
import { Count } from '../system/count.js';
import { isRead, outOfTouch } from './switching/out-of-touch.js';
import type { UnansweredWrites } from './unanswered-writes.js';

/** Of these, those without conditions depend on nothing but the target, and may take hours. */
const PLAIN_WRITES: ReadonlySet<OperationName> = new Set<OperationName>([
  'PutObject',
  'CopyObject',
  'CreateMultipartUpload',
  'UploadPart',
  'UploadPartCopy',
  'CompleteMultipartUpload',
  'AbortMultipartUpload',
]);

const isPlainWrite = ({ operation, headers }: S3Request): boolean =>
  PLAIN_WRITES.has(operation) && headers['if-match'] === undefined && headers['if-none-match'] === undefined;

export interface RequestsUnderWayOptions {
  /** Breaks writes off when it aborts. */
  readonly tenure: AbortSignal;
  /** Is told of writes that got no answer. */
  readonly unanswered: UnansweredWrites;
}

/**
 * The requests that are being answered by a service: who leaves it waits for them. A read ends when its answer begins, a write with its
 * answer's last byte, for an error can come as late.
 */
export class RequestsUnderWay {
  readonly #plainWrites = new Count();
  readonly #others = new Count();
  readonly #writes = new Set<() => void>();

  readonly #breakOff = () => {
    for (const breakOff of this.#writes) breakOff();
  };

  constructor(
    private readonly inner: S3Service,
    private readonly options: RequestsUnderWayOptions,
  ) {
    options.tenure.addEventListener('abort', this.#breakOff);
  }

  readonly service: S3Service = async (request) => {
    const count = isPlainWrite(request) ? this.#plainWrites : this.#others;
    count.enter();
    if (!isRead(request)) return this.#write(request, () => count.leave());
    try {
      return await this.inner(request);
    } finally {
      count.leave();
    }
  };

  /** Resolves when none is left but writes without conditions. New requests must not come any more. */
  async quiet(): Promise<void> {
    await this.#others.zero();
  }

  /** Resolves when none is left. New requests must not come any more. */
  async idle(): Promise<void> {
    await this.#others.zero();
    await this.#plainWrites.zero();
    this.options.tenure.removeEventListener('abort', this.#breakOff);
  }

  async #write(request: S3Request, ended: () => void): Promise<S3Response> {
    const write = new AbortController();
    const leave = () => write.abort(request.signal.reason);
    const breakOff = () => {
      write.abort(outOfTouch());
      // A store on this machine has no request to give up: it writes as long as bytes come. Nobody may be reading them yet.
      if (request.body instanceof Readable) request.body.on('error', () => undefined).destroy(outOfTouch());
    };
    this.#writes.add(breakOff);
    request.signal.addEventListener('abort', leave);
    if (request.signal.aborted) leave();
    const end = () => {
      this.#writes.delete(breakOff);
      request.signal.removeEventListener('abort', leave);
      ended();
    };
    try {
      const sent = Object.assign({}, request, { signal: write.signal });
      const answer = await this.options.unanswered.noting(() => this.inner(sent), write.signal);
      if (answer.body instanceof Readable) finished(answer.body, end);
      else end();
      return answer;
    } catch (error) {
      end();
      throw error;
    }
  }
}

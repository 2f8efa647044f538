import { Readable } from 'node:stream';
import type { S3Request, S3Response } from '../../s3/message.js';
import { abortListeners } from '../../system/abort-listeners.js';
import { failureOf } from './failures.js';
import { forwardedResponseHeaders } from './headers.js';
import type { Controller, FieldLines, ResponseHandler } from './http1/handler.js';
import { ResponseBody } from './response-body.js';

const SMALL_BODY_BYTES = 64 * 1024;

export interface ExchangeOptions {
  readonly backend: string;
  readonly request: S3Request;
  readonly resolve: (response: S3Response) => void;
  readonly reject: (error: Error) => void;
  /** Called once, when the request has left the queue: it is being sent or never will be. */
  readonly onDequeued: () => void;
}

/**
 * One request to a backend and its answer, as its connection reports it. It rejects with BackendUnavailable, the
 * error of the request's own body or the reason of its signal; after it has resolved these destroy the answer's body.
 * A short body is given as a Buffer, so that a backend which breaks off within it has not yet answered.
 */
export class Exchange implements ResponseHandler {
  readonly #options: ExchangeOptions;
  #queued = true;
  #controller: Controller | undefined;
  #cancelled: Error | undefined;
  /** The head of an answer that is given when its content is complete, and the content so far. */
  #small: S3Response | undefined;
  readonly #pieces: Buffer[] = [];
  #body: ResponseBody | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    const { body, signal } = options.request;
    abortListeners(signal).add(this.#onAbort);
    // One that fails in the queue is found so when its turn has come.
    if (body instanceof Readable) body.on('error', () => undefined);
  }

  /** Gives up. A request that is still in the queue is not sent; of any other the connection is cut. */
  cancel(reason: Error): void {
    this.#cancelled ??= reason;
    this.#controller?.abort(reason);
    this.#options.reject(reason);
  }

  get isCancelled(): boolean {
    return this.#cancelled !== undefined;
  }

  onStart(controller: Controller): void {
    if (this.#controller) throw new Error('a request is never sent twice');
    this.#leaveQueue();
    this.#controller = controller;
  }

  onHead(status: number, fields: FieldLines): void {
    const head = { status, headers: forwardedResponseHeaders(fields) };
    if (this.#isSmall(head)) {
      this.#small = head;
      return;
    }
    if (!this.#controller) throw new Error('an answer comes after its request');
    this.#body = new ResponseBody(this.#controller);
    this.#options.resolve({ ...head, body: this.#body });
  }

  onData(chunk: Buffer): boolean {
    if (this.#small) this.#pieces.push(Buffer.from(chunk));
    else if (this.#body?.push(chunk) === false) this.#controller?.pause();
    return !this.#small;
  }

  onEnd(): void {
    this.#release();
    if (this.#small) this.#options.resolve(withContent(this.#small, this.#pieces));
    this.#body?.push(null);
  }

  onError(error: Error): void {
    this.#leaveQueue();
    this.#release();
    const failure = this.#isOurs(error) ? error : failureOf(error, this.#options.backend, this.#sent);
    this.#options.reject(failure);
    this.#body?.destroy(failure);
  }

  get #sent(): boolean {
    return this.#controller !== undefined;
  }

  /** Whether an error came from this side: a cancellation, or the request's body, which failed of itself. */
  #isOurs(error: Error): boolean {
    const { body } = this.#options.request;
    return error === this.#cancelled || (body instanceof Readable && body.errored === error);
  }

  /** Whether the content, if any (RFC 9110, 6.4.1), is known to be short: then it is not worth a stream. */
  #isSmall({ status, headers }: S3Response): boolean {
    if (this.#options.request.method === 'HEAD' || status === 204 || status === 304) return true;
    return Number(headers['content-length']) <= SMALL_BODY_BYTES;
  }

  #leaveQueue(): void {
    if (!this.#queued) return;
    this.#queued = false;
    this.#options.onDequeued();
  }

  #release(): void {
    abortListeners(this.#options.request.signal).delete(this.#onAbort);
  }

  readonly #onAbort = (): void => {
    const { reason } = this.#options.request.signal;
    this.cancel(reason instanceof Error ? reason : new Error('request aborted', { cause: reason }));
  };
}

function withContent(head: S3Response, pieces: readonly Buffer[]): S3Response {
  const [first] = pieces;
  if (!first) return head;
  const { status, headers } = head;
  return { status, headers, body: pieces.length === 1 ? first : Buffer.concat(pieces) };
}

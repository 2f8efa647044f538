import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { HeaderFields, S3Request, S3Response } from '../../s3/message.js';
import { failureOf } from './failures.js';
import { forwardedResponseHeaders } from './headers.js';
import { ResponseBody } from './response-body.js';

type Controller = Dispatcher.DispatchController;
type HandlerCall<Name extends keyof Dispatcher.DispatchHandler> = Parameters<
  NonNullable<Dispatcher.DispatchHandler[Name]>
>;

export interface ExchangeOptions {
  readonly backend: string;
  readonly request: S3Request;
  readonly resolve: (response: S3Response) => void;
  readonly reject: (error: Error) => void;
  /** Called once, when the request has left the queue: it is being sent or never will be. */
  readonly onDequeued: () => void;
}

/**
 * One request to a backend and its answer, as undici's dispatch reports it. It rejects with BackendUnavailable, the
 * error of the request's own body or the reason of its signal; after it has resolved these destroy the answer's body.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #options: ExchangeOptions;
  #queued = true;
  #controller: Controller | undefined;
  #cancelled: Error | undefined;
  #body: ResponseBody | undefined;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    options.request.signal.addEventListener('abort', this.#onAbort);
  }

  /** Gives up. A request that is still in the queue is not sent; of any other the connection is cut. */
  cancel(reason: Error): void {
    this.#cancelled ??= reason;
    this.#controller?.abort(reason);
    this.#options.reject(reason);
  }

  onRequestStart(controller: Controller): void {
    this.#leaveQueue();
    // Throwing keeps undici from writing the request.
    if (this.#cancelled) throw this.#cancelled;
    if (this.#controller) throw new Error('a request is never sent twice');
    this.#controller = controller;
  }

  onResponseStart(...[controller, status, headers]: HandlerCall<'onResponseStart'>): void {
    if (status < 200) return;
    const fields = forwardedResponseHeaders(headers);
    if (this.#hasBody(status, fields)) this.#body = new ResponseBody(controller);
    this.#options.resolve({ status, headers: fields, ...(this.#body && { body: this.#body }) });
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#body?.push(chunk) === false) controller.pause();
  }

  onResponseEnd(): void {
    this.#release();
    this.#body?.push(null);
  }

  onResponseError(...[, error]: HandlerCall<'onResponseError'>): void {
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

  /** Whether content follows (RFC 9110, 6.4.1), if only an empty one of unknown length. */
  #hasBody(status: number, headers: HeaderFields): boolean {
    const empty = status === 204 || status === 304 || headers['content-length'] === '0';
    return !empty && this.#options.request.method !== 'HEAD';
  }

  #leaveQueue(): void {
    if (!this.#queued) return;
    this.#queued = false;
    this.#options.onDequeued();
  }

  #release(): void {
    this.#options.request.signal.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    const { reason } = this.#options.request.signal;
    this.cancel(reason instanceof Error ? reason : new Error('request aborted', { cause: reason }));
  };
}

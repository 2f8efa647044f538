import type { S3Body } from '../../../s3/message.js';

/** What is sent. `headers` names `host`, and the `content-length` of a body. */
export interface HttpRequest {
  readonly method: string;
  /** Percent-encoded, with the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: S3Body | null;
}

/** Field values by lower-case name; several where a field came more than once. */
export type FieldLines = Readonly<Record<string, string | readonly string[]>>;

/** One request under way, in the hands of who asked for it. After its end each of these does nothing. */
export interface Controller {
  /** Cuts the connection; the request fails with the reason. */
  abort(reason: Error): void;
  /** Stops reading. What has been read is still handed over. */
  pause(): void;
  resume(): void;
}

/** Is told of one request, in this order; either `onEnd` or `onError` comes last. */
export interface ResponseHandler {
  /** No longer wanted: it is not sent if it has not been. */
  readonly isCancelled: boolean;
  /** It is about to be sent. */
  onStart(controller: Controller): void;
  /** The header of the final answer. */
  onHead(status: number, fields: FieldLines): void;
  /** Bytes of the content. Returns whether it goes on looking at them after this call. */
  onData(chunk: Buffer): boolean;
  onEnd(): void;
  onError(error: Error): void;
}

import { Readable } from 'node:stream';
import type { HeaderFields, QueryParameter, S3Body, S3Request, S3Response } from '../s3/message.js';
import type { OperationName } from '../s3/operations.js';

interface Question {
  readonly method?: string;
  readonly key?: string;
  readonly query?: readonly QueryParameter[];
  readonly headers?: HeaderFields;
  readonly body?: S3Body;
  readonly signal: AbortSignal;
}

/** A request of the gateway's own; the bucket is named by the service it goes to. */
export const ask = (operation: OperationName, question: Question): S3Request => ({
  operation,
  method: 'GET',
  bucket: '',
  key: '',
  query: [],
  headers: {},
  ...question,
});

export const isSuccess = (answer: S3Response): boolean => answer.status >= 200 && answer.status < 300;

/**
 * The whole body as one Buffer, for those that are small by nature (errors, listings, XML results).
 *
 * @throws RangeError when it is longer than `limit` bytes
 */
export async function readBody(message: Pick<S3Response, 'body'>, limit = 16 * 1024 * 1024): Promise<Buffer> {
  if (message.body === undefined) return Buffer.alloc(0);
  if (Buffer.isBuffer(message.body)) return message.body;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message.body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) throw new RangeError(`body longer than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** Frees what an unwanted answer holds. */
export function discard(answer: S3Response): void {
  if (answer.body === undefined || Buffer.isBuffer(answer.body)) return;
  ignoreFailure(answer.body).destroy();
}

/** A stream that nobody reads any more may fail without anyone to tell. */
export const ignoreFailure = (stream: Readable): Readable => stream.on('error', () => undefined);

export function toReadable(body: S3Body | undefined): Readable {
  if (body === undefined) return Readable.from([]);
  return Buffer.isBuffer(body) ? Readable.from([body]) : body;
}

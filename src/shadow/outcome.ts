import type { S3Response } from '../s3/message.js';
import { readError } from '../s3/xml/error.js';
import { isSuccess, readBody } from './ask.js';

/** What a store made of a write that it does by itself: of parts or of data that it has. */
export interface Outcome {
  readonly answer: S3Response & { readonly body: Buffer };
  readonly outcome: 'written' | 'refused' | 'unknown';
}

/** An error that comes late comes after status 200 (AWS, CompleteMultipartUpload and CopyObject). */
export async function outcomeOf(received: S3Response): Promise<Outcome> {
  const body = await readBody(received);
  const answer = { ...received, body };
  if (isSuccess(answer) && !readError(body)) return { answer, outcome: 'written' };
  return { answer, outcome: answer.status >= 400 && answer.status < 500 ? 'refused' : 'unknown' };
}

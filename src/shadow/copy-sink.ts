import type { HeaderFields, S3Response } from '../s3/message.js';
import { readError } from '../s3/xml/error.js';
import { isSuccess, readBody } from './ask.js';
import type { Branch } from './branch.js';
import { CopyFailed } from './copy-outcome.js';

/** Where the bytes of a copy go. Until `release` nothing of it can be seen in the target. */
export interface CopySink {
  /** Reads the source's bytes; destroyed when the target refuses them. */
  readonly branch: Branch;
  /** Resolves when all but the end was sent and checked. @throws CopyFailed, BackendUnavailable */
  ready(): Promise<void>;
  /** Commits, unless the target has an object of that name. @throws CopyFailed, BackendUnavailable */
  release(): Promise<'done' | 'exists'>;
  /** Makes sure that nothing will be committed. */
  abort(reason: Error): Promise<void>;
}

export const onlyIfAbsent = (honoured: boolean): HeaderFields => (honoured ? { 'if-none-match': '*' } : {});

/** @throws CopyFailed with the target's own code unless the answer is a success */
export async function expectSuccess(answer: S3Response, what: string): Promise<string> {
  const body = (await readBody(answer)).toString('utf8');
  const error = readError(body);
  if (isSuccess(answer) && !error) return body;
  throw new CopyFailed(`${what}: ${answer.status} ${error?.code ?? ''}`.trimEnd());
}

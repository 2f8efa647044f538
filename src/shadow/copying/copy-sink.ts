import type { HeaderFields, S3Response } from '../../s3/message.js';
import { explanationOf, readError } from '../../s3/xml/error.js';
import { ask, isSuccess, readBody } from '../ask.js';
import type { Branch } from '../branch.js';
import type { ShadowContext } from '../context.js';
import type { Belongings, Way } from './belongings.js';
import { CopyFailed, TargetRefused } from './copy-outcome.js';
import type { Loss } from './loss.js';
import type { PartLayout } from './part-layout.js';
import type { UploadKeeper } from './upload-keeper.js';

export interface SinkOptions {
  readonly signal: AbortSignal;
  /** All bytes of a small object that nobody reads along; without it they come by the sink's branch. */
  readonly whole?: Buffer | undefined;
  /** What the copy is given beside its bytes. */
  readonly belongings: (way: Way) => Promise<Belongings>;
  /** Whether the copy is to have its source's ETag, and is made anew where it has not but could have. */
  readonly keepsETag: boolean;
  /** Keeps the upload of a copy in parts for whoever has to end it, or can go on with it. */
  readonly keeper?: UploadKeeper;
  /** Where the source is read in ranges, one for each part; else its bytes are handed over. */
  readonly ranges?: PartLayout | undefined;
  /** Whether the target is to copy it by itself. */
  readonly isWithinTarget?: boolean | undefined;
}

export type Released =
  | { readonly state: 'exists' }
  /** What the target was seen not to have kept. */
  | { readonly state: 'done'; readonly losses: readonly Loss[] };

/** Where the bytes of a copy go. Until `release` nothing of it can be seen in the target. */
export interface CopySink {
  /** Reads the source's bytes; destroyed when the target refuses them. None where the sink asks the source itself. */
  readonly branch?: Branch;
  /** Whether `release` would replace what the target got meanwhile. */
  readonly overwrites: boolean;
  /** Resolves when all but the end was sent and checked. @throws CopyFailed, BackendUnavailable */
  ready(): Promise<void>;
  /** Commits, unless the target has an object of that name. @throws CopyFailed, BackendUnavailable */
  release(): Promise<Released>;
  /**
   * Makes sure that nothing will be committed. False: what was released may still apply, until its lease is over; or the next attempt can go on with
   * what was sent.
   */
  abort(reason: Error): Promise<boolean>;
}

export const onlyIfAbsent = (honoured: boolean): HeaderFields => (honoured ? { 'if-none-match': '*' } : {});

/** @throws TargetRefused with the target's own code unless the answer is a success */
export async function expectSuccess(answer: S3Response, what: string): Promise<string> {
  const body = (await readBody(answer)).toString('utf8');
  const error = readError(body);
  if (isSuccess(answer) && !error) return body;
  const { status } = answer;
  const code = error?.code ?? '';
  throw new TargetRefused(`${what}: ${status} ${code}`.trimEnd(), status, code, explanationOf(body));
}

/**
 * Ends an upload, so that no late CompleteMultipartUpload can apply: an id that is aborted or used up serves no more.
 *
 * @throws CopyFailed, BackendUnavailable while that is not certain
 */
export async function abortUpload(
  ctx: Pick<ShadowContext, 'target'>,
  { key, uploadId }: { readonly key: string; readonly uploadId: string },
  signal: AbortSignal,
): Promise<void> {
  const query = [['uploadId', uploadId]] as const;
  const answer = await ctx.target(ask('AbortMultipartUpload', { method: 'DELETE', key, query, signal }));
  const code = readError((await readBody(answer)).toString('utf8'))?.code;
  if (isSuccess(answer) || code === 'NoSuchUpload') return;
  throw new CopyFailed(`target did not abort an upload: ${answer.status} ${code ?? ''}`.trimEnd());
}

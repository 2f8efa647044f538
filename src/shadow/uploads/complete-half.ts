import type { S3Request, S3Response } from '../../s3/message.js';
import { queryValue } from '../../s3/params.js';
import { readError } from '../../s3/xml/error.js';
import { writeCompleteResult } from '../../s3/xml/multipart.js';
import { xmlResponse } from '../../s3/xml/response.js';
import type { ShadowContext } from '../context.js';
import { type Side, sendTo } from '../half-write.js';
import { type Outcome, outcomeOf } from '../outcome.js';
import { listParts, storedETag } from './store-upload.js';

/** One store's end of an upload. */
export interface Completion {
  readonly side: Side;
  /** CompleteMultipartUpload of the store's own upload, with its body as a Buffer. */
  readonly request: S3Request;
  /** What the parts make, without quotes. */
  readonly etag: string;
}

/**
 * Completes an upload in one store. One whose answer was lost when it was completed before is gone; then the object is the evidence: if it
 * has the ETag that the parts make, the upload is done, and else the store's refusal stands.
 */
export async function completeHalf(ctx: ShadowContext, completion: Completion): Promise<Outcome> {
  const { side, request, etag } = completion;
  const received = await outcomeOf(await sendTo(ctx, side, request));
  if (received.outcome === 'written' || !(await isGone(ctx, completion, received))) return received;
  const stored = await storedETag(ctx, { side, key: request.key }, request.signal);
  return stored === etag ? { answer: doneBefore(completion), outcome: 'written' } : received;
}

/** Some stores fail on an upload that is gone (Ceph RGW 16 answers 500); then its parts are asked for. */
async function isGone(
  ctx: ShadowContext,
  { side, request }: Completion,
  { answer }: Outcome,
): Promise<boolean> {
  if (readError(answer.body)?.code === 'NoSuchUpload') return true;
  if (answer.status !== 500) return false;
  const upload = { side, key: request.key, uploadId: queryValue(request, 'uploadId') ?? '' };
  return (await listParts(ctx, upload, request.signal)) === undefined;
}

function doneBefore({ request: { bucket, key }, etag }: Completion): S3Response & { body: Buffer } {
  const location = `/${bucket}/${key}`;
  return xmlResponse(writeCompleteResult({ location, bucket, key, etag: `"${etag}"` }));
}

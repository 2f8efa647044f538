import { S3Error } from '../../s3/errors.js';
import type { S3Request, S3Response } from '../../s3/message.js';
import { queryValue } from '../../s3/params.js';
import { type CompletedPart, writeComplete } from '../../s3/xml/multipart.js';
import type { ListedPart } from '../../s3/xml/parts.js';
import type { UploadPair } from '../../state/upload-ids.js';
import type { WriteIntent } from '../../state/write-intent.js';
import { isSuccess } from '../ask.js';
import { shadowFailed } from '../ask-shadow.js';
import type { ShadowContext } from '../context.js';
import { refusal, unsettled } from '../half-write.js';
import { beforeWriting, holding, judged, judgeUnder, secure } from '../under-intent.js';
import { leaveToRecovery } from '../withheld-put.js';
import { completeHalf } from './complete-half.js';
import { writePurpose } from './finish.js';
import { noSuchUpload, ofUpload } from './pair.js';
import { bareETag, listParts } from './store-upload.js';

export interface PairCompletion {
  /** As the client sent it, with its body as a Buffer. */
  readonly request: S3Request;
  readonly pair: UploadPair;
  /** As the client names them. */
  readonly parts: readonly CompletedPart[];
  /** What they make in the target, without quotes. */
  readonly etag: string;
}

/**
 * Completes two uploads as PUT writes to both: under the exclusive intent the shadow's, then the target's. The intent says what it
 * is about, since of a writer that dies between the two recovery has to complete the target's.
 */
export async function completeBoth(ctx: ShadowContext, completion: PairCompletion): Promise<S3Response> {
  const { request, pair, parts, etag } = completion;
  const partNumbers = parts.map(({ partNumber }) => partNumber);
  const purpose = writePurpose(ctx, pair, { partNumbers, etag });
  const intent = await ctx.ledger.openIntent(request.key, 'exclusive', { purpose });
  await judgeUnder(ctx, request, intent);
  const shadowParts = await beforeWriting(ctx, intent, () => agreedParts(ctx, completion));
  return holding(ctx, intent, (signal) =>
    releaseInOrder(ctx, intent, {
      target: { ...ofUpload(judged(request), pair.target), signal },
      shadow: { ...ofUpload(withParts(judged(request), shadowParts), pair.shadow), signal },
      etag,
    }),
  );
}

/**
 * The parts as the shadow knows them. One that either store lacks, or has otherwise than the other, is found before anything is released.
 *
 * @throws S3Error InvalidPart; NoSuchUpload when the target's half is gone and the shadow's is not
 */
async function agreedParts(
  ctx: ShadowContext,
  { request, pair, parts }: PairCompletion,
): Promise<readonly CompletedPart[]> {
  const { key, signal } = request;
  const [inTarget, inShadow] = await Promise.all([
    listParts(ctx, { side: 'target', key, uploadId: pair.target }, signal),
    listParts(ctx, { side: 'shadow', key, uploadId: pair.shadow }, signal),
  ]);
  // What was completed before has no parts any more: its object will tell.
  if (!inShadow) return parts;
  if (!inTarget) throw noSuchUpload(queryValue(request, 'uploadId') ?? '');
  return parts.map((part) => {
    const shadowPart = inShadow.get(part.partNumber);
    const targetPart = inTarget.get(part.partNumber);
    if (!targetPart || !shadowPart || bareETag(targetPart.etag) !== bareETag(part.etag))
      throw invalidPart(part);
    if (!areSame(targetPart, shadowPart, pair)) throw invalidPart(part);
    return { ...part, etag: shadowPart.etag };
  });
}

const areSame = (one: ListedPart, other: ListedPart, { digests }: UploadPair): boolean =>
  one.size === other.size && (!digests || bareETag(one.etag) === bareETag(other.etag));

const invalidPart = ({ partNumber, etag }: CompletedPart): S3Error =>
  new S3Error('InvalidPart', undefined, { fields: { PartNumber: String(partNumber), ETag: etag } });

function withParts(request: S3Request, parts: readonly CompletedPart[]): S3Request {
  const { 'x-amz-content-sha256': _, 'content-md5': __, ...headers } = request.headers;
  const body = Buffer.from(writeComplete(parts));
  return { ...request, headers: { ...headers, 'content-length': String(body.length) }, body };
}

interface Halves {
  readonly target: S3Request;
  readonly shadow: S3Request;
  readonly etag: string;
}

async function releaseInOrder(ctx: ShadowContext, intent: WriteIntent, halves: Halves): Promise<S3Response> {
  const { etag } = halves;
  await secure(ctx, intent);
  const shadow = await completeHalf(ctx, { side: 'shadow', request: halves.shadow, etag });
  if (shadow.outcome !== 'written') {
    const { answer, outcome } = shadow;
    await leaveToRecovery(ctx, intent, { answer, nothingWritten: outcome === 'refused' });
    return shadowRefusal(answer);
  }
  await secure(ctx, intent);
  const target = await completeHalf(ctx, { side: 'target', request: halves.target, etag });
  const { answer, outcome } = target;
  if (outcome === 'written') await ctx.ledger.closeIntent(intent);
  else await leaveToRecovery(ctx, intent, { answer, nothingWritten: false });
  return outcome === 'written' ? answer : unsettled('target', answer);
}

/** An error that comes late comes after status 200. */
function shadowRefusal(answer: S3Response): Promise<S3Response> {
  if (isSuccess(answer)) throw shadowFailed('it could not complete an upload');
  return refusal('shadow', answer);
}

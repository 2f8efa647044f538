import { S3Error } from '../../s3/errors.js';
import type { S3Filter, S3Request, S3Response } from '../../s3/message.js';
import { queryValue } from '../../s3/params.js';
import { mapTexts } from '../../s3/xml/map-texts.js';
import { SealBroken } from '../../state/sealing.js';
import type { UploadIds, UploadPair } from '../../state/upload-ids.js';
import { isSuccess, readBody } from '../ask.js';

/** The two uploads that a request means; undefined where it means one of the target's own, or none. Throws as `openPair`. */
export const pairOf = (uploadIds: UploadIds, request: S3Request): UploadPair | undefined =>
  openPair(uploadIds, queryValue(request, 'uploadId'), request.key);

/**
 * The two uploads that an id of a client stands for; undefined where it is the target's own.
 *
 * @throws S3Error NoSuchUpload for an id that was not sealed for this key
 */
export function openPair(uploadIds: UploadIds, id: string | undefined, key: string): UploadPair | undefined {
  if (id === undefined || !uploadIds.isSealed(id)) return undefined;
  try {
    return uploadIds.open(id, key);
  } catch (error) {
    if (error instanceof SealBroken) throw noSuchUpload(id);
    throw error;
  }
}

export const noSuchUpload = (id: string): S3Error =>
  new S3Error('NoSuchUpload', undefined, { fields: { UploadId: id } });

/** The same request of one store's upload. */
export const ofUpload = (request: S3Request, uploadId: string): S3Request =>
  withParameter(request, 'uploadId', uploadId);

export const withParameter = (request: S3Request, changed: string, value: string): S3Request => ({
  ...request,
  query: request.query.map((parameter) => (parameter[0] === changed ? [changed, value] : parameter)),
});

/** An answer of XML, with its upload ids changed. */
export async function withIds(answer: S3Response, change: (id: string) => string): Promise<S3Response> {
  const xml = (await readBody(answer)).toString('utf8');
  const body = Buffer.from(mapTexts(xml, ['UploadId', 'UploadIdMarker', 'NextUploadIdMarker'], change));
  return { ...answer, headers: { ...answer.headers, 'content-length': String(body.length) }, body };
}

/** A target to which an id of two uploads means its own: whoever began them need not know that the other is left alone. */
export const knowingPairs =
  (uploadIds: UploadIds): S3Filter =>
  (target) =>
  async (request) => {
    const pair = pairOf(uploadIds, request);
    if (!pair) return target(request);
    const answer = await target(ofUpload(request, pair.target));
    if (request.operation !== 'ListParts' || !isSuccess(answer)) return answer;
    return withIds(answer, () => queryValue(request, 'uploadId') ?? '');
  };

import { discard } from '../../s3/body.js';
import type { S3Request, S3Response } from '../../s3/message.js';
import { mapTexts } from '../../s3/xml/map-texts.js';
import { headOf } from './answers.js';
import type { EncryptionContext } from './context.js';
import { plainSize } from './format.js';
import { isMarked } from './mark.js';
import { innerUploadId, withInnerId, withOuterIds } from './upload-ids.js';
import { changedXml, withoutChecksumElements } from './xml.js';

/** The listings of objects and versions, with the sizes that the plaintext has: a listing does not tell which objects are encrypted, so all are taken to be. */
export async function listObjects(ctx: EncryptionContext, request: S3Request): Promise<S3Response> {
  return withPlainSizes(await ctx.store(request));
}

/** ListParts. */
export async function listParts(ctx: EncryptionContext, request: S3Request): Promise<S3Response> {
  if (innerUploadId(request) === undefined) return ctx.store(request);
  const answer = await withPlainSizes(await ctx.store(withInnerId(request)));
  return answer.status === 200 ? withOuterIds(answer) : answer;
}

/** ListMultipartUploads. */
export async function listUploads(ctx: EncryptionContext, request: S3Request): Promise<S3Response> {
  const answer = await ctx.store(withInnerId(request));
  return answer.status === 200 ? withOuterIds(await changedXml(answer, withoutChecksumElements)) : answer;
}

/** GetObjectAttributes, which does not tell whether the object is encrypted: one HEAD more. */
export async function getAttributes(ctx: EncryptionContext, request: S3Request): Promise<S3Response> {
  const { headers, body } = await ctx.store(headOf(request));
  discard(body);
  const answer = await ctx.store(request);
  return isMarked(headers) ? withPlainSizes(answer) : answer;
}

async function withPlainSizes(answer: S3Response): Promise<S3Response> {
  if (answer.status !== 200) return answer;
  return changedXml(answer, (xml) =>
    mapTexts(withoutChecksumElements(xml), ['Size', 'ObjectSize'], (size) =>
      String(plainSize(Number(size)) ?? size),
    ),
  );
}

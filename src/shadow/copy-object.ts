import { discard } from '../s3/body.js';
import { assertChanges, directiveOf, parseCopySource } from '../s3/copy-source.js';
import { S3Error } from '../s3/errors.js';
import type { HeaderFields, S3Request, S3Response } from '../s3/message.js';
import { isSuccess } from './ask.js';
import type { ShadowContext } from './context.js';
import { type CopySource, copyAnswer, openCopySource, withoutCopySource } from './copy-source.js';
import { MAX_SINGLE_PUT } from './copying/part-layout.js';
import { contentMd5, isMetadata, metadataHeaders, taggingHeader } from './copying/source-object.js';
import { SHADOW_FIRST } from './half-write.js';
import { outcomeOf } from './outcome.js';
import { writesBoth } from './rungs.js';
import { withheldPut } from './withheld-put.js';
import { writeInTarget } from './write.js';

const BOTH = { sides: SHADOW_FIRST, judge: 'gateway' } as const;

/** CopyObject. With write-through its source is read from the target's backend, and written to both as the body of a PUT is. */
export async function copyObject(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  if (!writesBoth(ctx)) {
    return writeInTarget(ctx, { request, send: async (sent) => outcomeOf(await ctx.target(sent)) });
  }
  if (isOntoItself(ctx, request)) assertChanges(request.headers, CHANGES);
  const source = await openCopySource(ctx, request);
  if ('refused' in source) return source.refused;
  try {
    const answer = await withheldPut(ctx, await asPut(request, source), BOTH);
    return isSuccess(answer) ? copyAnswer(ctx, 'CopyObjectResult', { answer, source }) : answer;
  } finally {
    discard(source.body);
  }
}

const REDIRECT = 'x-amz-website-redirect-location';
const CHANGES = ['x-amz-storage-class', REDIRECT, 'x-amz-server-side-encryption'];

function isOntoItself({ targetBucket }: ShadowContext, { key, headers }: S3Request): boolean {
  const source = parseCopySource(headers['x-amz-copy-source'] ?? '');
  return source.bucket === targetBucket && source.key === key && source.versionId === undefined;
}

async function asPut(request: S3Request, source: CopySource): Promise<S3Request> {
  const { object, body } = source;
  if (object.size > MAX_SINGLE_PUT) {
    throw new S3Error(
      'InvalidRequest',
      `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_SINGLE_PUT}`,
    );
  }
  const headers = {
    ...(await headersOfCopy(request, source)),
    ...contentMd5(object),
    'content-length': String(object.size),
  };
  return { ...request, operation: 'PutObject', headers, ...(body && { body }) };
}

/** Metadata and tags are the source's unless the request says REPLACE; a redirect is never copied (AWS, CopyObject). */
async function headersOfCopy({ headers, signal }: S3Request, source: CopySource): Promise<HeaderFields> {
  const copiesMetadata = directiveOf(headers, 'x-amz-metadata-directive') === 'COPY';
  const copiesTags = directiveOf(headers, 'x-amz-tagging-directive') === 'COPY';
  const own = pick(
    withoutCopySource(headers),
    (name) => !(copiesMetadata && isCopied(name)) && !(copiesTags && name === 'x-amz-tagging'),
  );
  return {
    ...own,
    ...(copiesMetadata && pick(metadataHeaders(source.object), isCopied)),
    ...(copiesTags && (await taggingHeader({ shadow: source.store }, source.object, signal))),
  };
}

const isCopied = (name: string): boolean => isMetadata(name) && name !== REDIRECT;

const pick = (headers: HeaderFields, wanted: (name: string) => boolean): HeaderFields =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => wanted(name)));

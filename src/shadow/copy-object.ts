import { discard } from '../s3/body.js';
import { CHANGES_OF_A_COPY, copyAnswer, headersOfCopy } from '../s3/copied-object.js';
import { assertChanges, parseCopySource } from '../s3/copy-source.js';
import { S3Error } from '../s3/errors.js';
import type { S3Request, S3Response } from '../s3/message.js';
import { isSuccess } from './ask.js';
import type { ShadowContext } from './context.js';
import { type CopySource, openCopySource } from './copy-source.js';
import { MAX_SINGLE_PUT } from './copying/part-layout.js';
import { contentMd5, metadataHeaders, taggingHeader } from './copying/source-object.js';
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
  if (isOntoItself(ctx, request)) assertChanges(request.headers, CHANGES_OF_A_COPY);
  const source = await openCopySource(ctx, request);
  if ('refused' in source) return source.refused;
  try {
    const answer = await withheldPut(ctx, await asPut(request, source), BOTH);
    if (!isSuccess(answer)) return answer;
    discard(answer.body);
    const sourceHeaders = source.object.headers;
    return copyAnswer('CopyObjectResult', { answer, sourceHeaders, now: ctx.clock.now() });
  } finally {
    discard(source.body);
  }
}

function isOntoItself({ targetBucket }: ShadowContext, { key, headers }: S3Request): boolean {
  const source = parseCopySource(headers['x-amz-copy-source'] ?? '');
  return source.bucket === targetBucket && source.key === key && source.versionId === undefined;
}

async function asPut(request: S3Request, source: CopySource): Promise<S3Request> {
  const { object, body, store } = source;
  if (object.size > MAX_SINGLE_PUT) {
    throw new S3Error(
      'InvalidRequest',
      `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_SINGLE_PUT}`,
    );
  }
  const belongings = {
    metadata: metadataHeaders(object),
    tagging: () => taggingHeader({ shadow: store }, object, request.signal),
  };
  const headers = {
    ...(await headersOfCopy(request.headers, belongings)),
    ...contentMd5(object),
    'content-length': String(object.size),
  };
  return { ...request, operation: 'PutObject', headers, ...(body && { body }) };
}

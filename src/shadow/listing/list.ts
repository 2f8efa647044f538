import type { S3Request, S3Response } from '../../s3/message.js';
import { opening } from '../ask-shadow.js';
import type { ShadowContext } from '../context.js';
import { answerListing } from './listing-answer.js';
import { readMergedPage } from './merged-page.js';
import { readStorePage } from './store-page.js';

/** ListObjects and ListObjectsV2 of the view. */
export async function list(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  if (ctx.rung === 'opening') throw opening();
  return answerListing(request, ctx.pageTokens, async (wanted) => {
    const { entries, isTruncated } = await readMergedPage(ctx, { ...wanted, readTarget: readStorePage });
    const cut = entries.slice(0, wanted.maxKeys);
    return { entries: cut, isTruncated: isTruncated || cut.length < entries.length };
  });
}

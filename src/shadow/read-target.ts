import { discard } from '../s3/body.js';
import type { S3Request, S3Response } from '../s3/message.js';
import { hasQuery } from '../s3/params.js';
import type { ShadowContext } from './context.js';
import { judge } from './miss.js';
import { from } from './source.js';
import { lookInTarget } from './view.js';

/** T's answer to a read, or its word that it has no such object. */
export type TargetRead = { answer: S3Response; miss?: never } | { answer?: never; miss: S3Response };

/** READ steps 1, 3, 4 and 6. @throws S3Error ServiceUnavailable when the target answers neither yes nor no */
export async function readTarget(ctx: ShadowContext, request: S3Request): Promise<TargetRead> {
  const { answer, missing } = await judge(request, await ctx.target(request), ctx.presence.target);
  if (!missing) return { answer: from('target', answer) };
  return namesVersion(request) ? readOtherVersions(ctx, request, answer) : { miss: answer };
}

/** The version `null` is the shadow's object where the target has no version of the key at all. */
async function readOtherVersions(
  ctx: ShadowContext,
  request: S3Request,
  miss: S3Response,
): Promise<TargetRead> {
  const { state } = await lookInTarget(ctx, request.key, request.signal);
  if (state === 'absent') return { miss };
  discard(miss.body);
  // It may have come in between: as `null`, where the target counts no versions.
  return { answer: from('target', await ctx.target(request)) };
}

export const namesVersion = (request: S3Request): boolean => hasQuery(request, 'versionId');

export const withoutVersion = (request: S3Request): S3Request => ({
  ...request,
  query: request.query.filter(([name]) => name !== 'versionId'),
});

import type { S3Request, S3Response } from '../../s3/message.js';
import { queryValue } from '../../s3/params.js';
import { readListUploads } from '../../s3/xml/uploads.js';
import { isSuccess, readBody } from '../ask.js';
import type { ShadowContext } from '../context.js';
import { openPair, withIds, withParameter } from './pair.js';

const MARKER = 'upload-id-marker';

/** ListMultipartUploads: the target's page, under the ids that clients have of its uploads. */
export async function listUploads(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  const marker = queryValue(request, MARKER) ?? '';
  const pair = openPair(ctx.uploadIds, marker, queryValue(request, 'key-marker') ?? '');
  const answer = await ctx.target(pair ? withParameter(request, MARKER, pair.target) : request);
  if (!isSuccess(answer)) return answer;
  const body = await readBody(answer);
  const listed = readListUploads(body).uploads.map(({ uploadId }) => uploadId);
  const sealed = await ctx.uploadIds.sealedIds(listed);
  return withIds({ ...answer, body }, (id) => (id === pair?.target ? marker : (sealed.get(id) ?? id)));
}

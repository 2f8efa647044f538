import { BackendUnavailable } from '../backends/backend.js';
import { discard } from '../s3/body.js';
import { withStoredEncoding } from '../s3/content-encoding.js';
import { S3Error } from '../s3/errors.js';
import { fieldsOf } from '../s3/fields.js';
import type { HeaderFields, S3Request, S3Response } from '../s3/message.js';
import { OVERRIDE, responseOverrides } from '../s3/response-overrides.js';
import { readError } from '../s3/xml/error.js';
import { isSuccess, readBody } from './ask.js';
import type { ShadowContext } from './context.js';
import { isDeleteMarker, judge } from './miss.js';

/** Answers to a read that say something of the object itself. */
const ABOUT_THE_OBJECT = new Set([304, 412, 416]);

/** What a request to the target means nothing by in the shadow's account. */
const NOT_FOR_SHADOW = new Set([
  'x-amz-expected-bucket-owner',
  'x-amz-request-payer',
  'accept-encoding',
  'origin',
]);

/** What the shadow's answer says of the shadow's bucket, not of the object's place in the target. */
const NOT_FROM_SHADOW = new Set([
  'x-amz-version-id',
  'x-amz-expiration',
  'x-amz-restore',
  'x-amz-replication-status',
  'x-amz-bucket-region',
]);

/**
 * READ step 5: the shadow's answer to a read that the target missed, or undefined when the shadow has no such object.
 *
 * `response-*` overrides are not the shadow's to apply, so that what is copied keeps the object's own headers.
 *
 * @throws S3Error InvalidArgument for an override that cannot be sent; ServiceUnavailable when the shadow fails: never a 404, which a sync client would read as "deleted"
 */
export async function askShadow(ctx: ShadowContext, request: S3Request): Promise<S3Response | undefined> {
  // What cannot be sent is refused before a copy begins, whose bytes somebody has to read.
  responseOverrides(request);
  const query = request.query.filter(([name]) => !name.startsWith(OVERRIDE));
  const headers = without(request.headers, NOT_FOR_SHADOW);
  headers['accept-encoding'] = 'identity';
  const asked: S3Request = Object.assign({}, request, { query, headers });
  const { answer, missing } = await judge(asked, await reachShadow(ctx, asked), ctx.presence.shadow);
  // Nothing lies below the shadow that its delete marker would hide.
  if (missing || isDeleteMarker(answer)) {
    discard(answer.body);
    return undefined;
  }
  if (!isSuccess(answer) && !ABOUT_THE_OBJECT.has(answer.status)) {
    throw await refusalOf(answer);
  }
  return Object.assign({}, answer, { headers: asInTarget(answer.headers) });
}

/** The fields that the copy will have, too. */
const asInTarget = (headers: HeaderFields): HeaderFields =>
  withStoredEncoding(without(headers, NOT_FROM_SHADOW));

const MAX_ERROR_BYTES = 64 * 1024;

/** An archived object is not readable by anybody, however often one tries (AWS, "Working with archived objects"). */
async function refusalOf(answer: S3Response): Promise<S3Error> {
  const code = readError(await readBody(answer, MAX_ERROR_BYTES))?.code ?? '';
  return code === 'InvalidObjectState'
    ? new S3Error(
        'InvalidObjectState',
        'The object is archived in the shadow bucket: restore it there first.',
      )
    : shadowFailed(`it answered ${answer.status} ${code}`.trimEnd());
}

/** A client's request as the shadow gets it. */
export const forShadow = (request: S3Request): S3Request => ({
  ...request,
  headers: without(request.headers, NOT_FOR_SHADOW),
});

/** The answer as the client asked for it: with its `response-*` overrides. */
export const overridden = (answer: S3Response, request: S3Request): S3Response =>
  isSuccess(answer) ? { ...answer, headers: { ...answer.headers, ...responseOverrides(request) } } : answer;

/** What a client is told when the shadow cannot be asked; it may try again soon. */
export const shadowFailed = (reason: string, cause?: unknown): S3Error =>
  new S3Error('ServiceUnavailable', `The shadow bucket cannot be read or written now: ${reason}.`, {
    headers: { 'retry-after': '1' },
    cause,
  });

/** What a client is told of what only the shadow may have, in the moments in which not all gateways ask it yet. */
export const opening = (): S3Error =>
  new S3Error('SlowDown', 'The shadow of this bucket is just being set. Please try again.', {
    headers: { 'retry-after': '1' },
  });

/** What a client is told of what cannot be done in the moments in which target and shadow change places. */
export const swapping = (): S3Error =>
  new S3Error('SlowDown', 'The target and the shadow of this bucket are changing places. Please try again.', {
    headers: { 'retry-after': '1' },
  });

/** The shadow's answer, whatever it is. @throws S3Error ServiceUnavailable when it gives none */
export async function reachShadow(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  try {
    return await ctx.shadow(request);
  } catch (error) {
    if (error instanceof BackendUnavailable) throw shadowFailed(`no answer (${error.reason})`, error);
    throw error;
  }
}

const without = (headers: HeaderFields, names: ReadonlySet<string>): Record<string, string> =>
  fieldsOf(headers, (name) => !names.has(name));

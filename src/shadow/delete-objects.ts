import pLimit from 'p-limit';
import { S3Error } from '../s3/errors.js';
import type { HeaderFields, S3Request, S3Response } from '../s3/message.js';
import { type ObjectToDelete, readDelete, writeDeleteResult } from '../s3/xml/delete.js';
import { readError } from '../s3/xml/error.js';
import { ask, isSuccess, readBody } from './ask.js';
import type { ShadowContext } from './context.js';
import { deleteObject } from './delete.js';

/** Deletes under way at once for one request. */
const CONCURRENCY = 32;

/** 1,000 keys of 1,024 bytes, each byte escaped, and their tags. */
const MAX_DOCUMENT = 8 * 1024 * 1024;

/** Headers of DeleteObjects that mean for each object what they mean for DeleteObject. */
const FOR_EACH_OBJECT = ['x-amz-bypass-governance-retention', 'x-amz-mfa'] as const;

interface Named {
  readonly key: string;
  readonly versionId?: string;
}

type Result = Named & { readonly error?: { readonly code: string; readonly message: string } };

/** DeleteObjects: each key by the rules of DELETE, its failure reported beside the others' success. */
export async function deleteObjects(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  const document = await readBody(request, MAX_DOCUMENT);
  const { objects, quiet } = readDelete(document.toString('utf8'));
  const limit = pLimit(CONCURRENCY);
  const results = await Promise.all(objects.map((object) => limit(() => deleteOne(ctx, request, object))));
  const body = Buffer.from(
    writeDeleteResult(
      {
        deleted: results.filter((result) => !result.error).map(({ key, versionId }) => named(key, versionId)),
        errors: results.flatMap(({ key, versionId, error }) =>
          error ? [{ ...named(key, versionId), ...error }] : [],
        ),
      },
      quiet,
    ),
  );
  const headers = { 'content-type': 'application/xml', 'content-length': String(body.length) };
  return { status: 200, headers, body };
}

async function deleteOne(ctx: ShadowContext, request: S3Request, object: ObjectToDelete): Promise<Result> {
  const { key, versionId } = object;
  const query = versionId === undefined ? [] : ([['versionId', versionId]] as const);
  try {
    const answer = await deleteObject(
      ctx,
      ask('DeleteObject', {
        method: 'DELETE',
        key,
        query,
        headers: headersOf(request, object),
        signal: request.signal,
      }),
    );
    if (isSuccess(answer)) return named(key, versionId);
    const said = readError((await readBody(answer)).toString('utf8'));
    return {
      ...named(key, versionId),
      error: said ?? { code: 'InternalError', message: `status ${answer.status}` },
    };
  } catch (error) {
    if (error instanceof S3Error)
      return { ...named(key, versionId), error: { code: error.code, message: error.message } };
    ctx.log.warn({ err: error, bucket: ctx.bucket, key }, 'one key of a batch was not deleted');
    return {
      ...named(key, versionId),
      error: { code: 'InternalError', message: 'The object could not be deleted.' },
    };
  }
}

/** What the batch says for all of its objects, and the condition of this one. */
function headersOf({ headers }: S3Request, { etag }: ObjectToDelete): HeaderFields {
  const forAll = FOR_EACH_OBJECT.flatMap((name) =>
    headers[name] === undefined ? [] : [[name, headers[name]]],
  );
  return { ...Object.fromEntries(forAll), ...(etag === undefined ? {} : { 'if-match': etag }) };
}

const named = (key: string, versionId: string | undefined): Named =>
  versionId === undefined ? { key } : { key, versionId };

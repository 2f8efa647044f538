import pLimit from 'p-limit';
import { BackendUnavailable } from '../../backends/backend.js';
import { assertKeyLength } from '../../s3/address.js';
import { S3Error } from '../../s3/errors.js';
import { MAX_KEY_BYTES } from '../../s3/keys.js';
import type { HeaderFields, S3Request, S3Response } from '../../s3/message.js';
import {
  type DeletedObject,
  type DeleteFailure,
  type ObjectToDelete,
  readDelete,
  writeDeleteResult,
} from '../../s3/xml/delete.js';
import { xmlResponse } from '../../s3/xml/response.js';
import { KvUnavailable } from '../../state/kv.js';
import { KeyBusy } from '../../state/ledger.js';
import { ask, isSuccess, readBody } from '../ask.js';
import type { ShadowContext } from '../context.js';
import { isOfShadow } from '../outside.js';
import { holdsReaders } from '../rungs.js';
import { deleteObject } from './delete.js';
import { deleteBatch } from './delete-batch.js';
import {
  type DeleteMarker,
  type Deletion,
  deleteFromStore,
  markerIn,
  type Refusal,
  refusalIn,
} from './store-deletes.js';

/** Deletes under way at once for one request, of those that are made one by one. */
const CONCURRENCY = 32;

/** 1,000 keys of 1,024 bytes, each byte escaped, and their tags. */
const MAX_DOCUMENT = 8 * 1024 * 1024;

/** Headers of DeleteObjects that mean for each object what they mean for DeleteObject. */
const FOR_EACH_OBJECT = ['x-amz-bypass-governance-retention', 'x-amz-mfa'] as const;

/** What became of an object: the delete marker of its delete, or why it was not deleted. */
type Result = { readonly marker: DeleteMarker } | { readonly failure: Refusal };

/**
 * DeleteObjects: each key by the rules of DELETE, its failure reported beside the others' success. Plain keys go together; all
 * others, and those that somebody else is just writing, one by one. Where the shadow can have none of them, the target answers.
 *
 * @throws KvUnavailable when nothing could be begun
 */
export async function deleteObjects(ctx: ShadowContext, request: S3Request): Promise<S3Response> {
  const document = await readBody(request, MAX_DOCUMENT);
  const { objects, quiet } = readDelete(document);
  if (!objects.some(({ key }) => isOfShadow(ctx, key))) return ctx.target({ ...request, body: document });
  const deleted: DeletedObject[] = [];
  const errors: DeleteFailure[] = [];
  for (const { object, result } of await deleteAll(ctx, request, objects)) {
    if ('marker' in result) deleted.push({ ...named(object), ...result.marker });
    else errors.push({ ...named(object), code: result.failure.code, message: result.failure.message });
  }
  return xmlResponse(writeDeleteResult({ deleted, errors }, quiet));
}

interface Deleted {
  readonly object: ObjectToDelete;
  readonly result: Result;
}

/** In the order of `objects`. */
async function deleteAll(
  ctx: ShadowContext,
  request: S3Request,
  objects: readonly ObjectToDelete[],
): Promise<Deleted[]> {
  const limit = pLimit(CONCURRENCY);
  const singly = (object: ObjectToDelete) => limit(() => deleteOne(ctx, request, object));
  const keys = [...new Set(objects.filter(isPlain).map(({ key }) => key))];
  const byKey = new Map<string, Result | Promise<Result>>(await deleteTogether(ctx, request, keys));
  for (const key of keys) if (!byKey.has(key)) byKey.set(key, singly({ key }));
  const together = (object: ObjectToDelete) => (isPlain(object) ? byKey.get(object.key) : undefined);
  return Promise.all(
    objects.map(async (object) => ({ object, result: await (together(object) ?? singly(object)) })),
  );
}

/** XML 1.0 does not have these, so that a strict store would refuse all that is named beside them. */
const NOT_IN_XML = /[\p{Cc}\ufffe\uffff]/u;

/** A key alone, without a version or a condition. */
const isPlain = ({ key, versionId, etag }: ObjectToDelete): boolean =>
  versionId === undefined &&
  etag === undefined &&
  !NOT_IN_XML.test(key) &&
  Buffer.byteLength(key) <= MAX_KEY_BYTES;

async function deleteTogether(
  ctx: ShadowContext,
  request: S3Request,
  keys: readonly string[],
): Promise<Map<string, Result>> {
  // Only a single delete is answered after both stores.
  if (holdsReaders(ctx)) return new Map();
  try {
    const told = { headers: forEachObject(request), signal: request.signal };
    const moving = await deleteBatch(ctx, { ...told, keys: keys.filter((key) => isOfShadow(ctx, key)) });
    const others = keys.filter((key) => !isOfShadow(ctx, key));
    const outcomes = [...moving, ...(await deleteFromStore(ctx.target, others, told))];
    return new Map(outcomes.map(([key, outcome]) => [key, resultOf(ctx, outcome)]));
  } catch (error) {
    // Nothing was sent for any key, and who hears that of the whole request tries it again.
    if (error instanceof KvUnavailable) throw error;
    const result = { failure: reported(ctx, error) };
    return new Map(keys.map((key) => [key, result]));
  }
}

function resultOf(ctx: ShadowContext, outcome: Deletion): Result {
  if (outcome.state === 'gone') return { marker: outcome.marker };
  return { failure: outcome.state === 'refused' ? outcome : reported(ctx, outcome.error) };
}

async function deleteOne(ctx: ShadowContext, request: S3Request, object: ObjectToDelete): Promise<Result> {
  const { key, versionId, etag } = object;
  const query = versionId === undefined ? [] : ([['versionId', versionId]] as const);
  const headers = { ...forEachObject(request), ...(etag === undefined ? {} : { 'if-match': etag }) };
  const { signal } = request;
  try {
    assertKeyLength(key);
    const asked = ask('DeleteObject', { method: 'DELETE', key, query, headers, signal });
    const answer = await (isOfShadow(ctx, key) ? deleteObject(ctx, asked) : ctx.target(asked));
    return isSuccess(answer) ? { marker: markerIn(answer) } : { failure: await refusalIn(answer) };
  } catch (error) {
    return { failure: reported(ctx, error) };
  }
}

function reported({ log, bucket }: ShadowContext, error: unknown): Refusal {
  if (error instanceof S3Error) return error;
  if (error instanceof KeyBusy) return new S3Error('SlowDown');
  if (error instanceof BackendUnavailable || error instanceof KvUnavailable)
    return new S3Error('ServiceUnavailable');
  log.warn({ err: error, bucket }, 'one key of a batch was not deleted');
  return new S3Error('InternalError');
}

/** What the client said once for all of its objects. */
const forEachObject = ({ headers }: S3Request): HeaderFields =>
  Object.fromEntries(
    FOR_EACH_OBJECT.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  );

const named = ({ key, versionId }: ObjectToDelete): { key: string; versionId?: string } =>
  versionId === undefined ? { key } : { key, versionId };

import { createHash } from 'node:crypto';
import pLimit from 'p-limit';
import { discard } from '../../s3/body.js';
import { S3Error } from '../../s3/errors.js';
import type { HeaderFields, S3Request, S3Response, S3Service } from '../../s3/message.js';
import { present } from '../../s3/present.js';
import { type DeletedObject, readDeleteResult, writeDelete } from '../../s3/xml/delete.js';
import { readError } from '../../s3/xml/error.js';
import { ask, isSuccess, mayStillApply, readBody, wasNeverSent } from '../ask.js';

/** Why a store did not do what it was told. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** The delete marker that a delete made, or took away; empty where versions are not kept. */
export type DeleteMarker = Pick<DeletedObject, 'deleteMarker' | 'deleteMarkerVersionId'>;

/** What became of an object that a store was told to delete. */
export type Deletion =
  | { readonly state: 'gone'; readonly marker: DeleteMarker }
  | ({ readonly state: 'refused' } & Refusal)
  /** The store gave no answer, and may have deleted it or may still do so. */
  | { readonly state: 'unanswered'; readonly error: unknown }
  /** The store was told nothing. */
  | { readonly state: 'unsent'; readonly error: unknown };

export const GONE: Deletion = { state: 'gone', marker: {} };

/** Single deletes under way at once where a store does not offer DeleteObjects. */
const CONCURRENCY = 32;

/** How a store says that it has no DeleteObjects: MethodNotAllowed and NotImplemented. */
const NOT_OFFERED = new Set([405, 501]);

export interface StoreDeleteOptions {
  readonly headers?: HeaderFields;
  readonly signal: AbortSignal;
  /** Asked before each request whether the object may still be deleted. */
  readonly isInTime?: (key: string) => boolean;
}

/** Deletes up to 1,000 objects of a store by one request, or one by one where the store has no such request. Never rejects. */
export async function deleteFromStore(
  store: S3Service,
  keys: readonly string[],
  options: StoreDeleteOptions,
): Promise<Map<string, Deletion>> {
  const { isInTime = () => true } = options;
  const late = keys.filter((key) => !isInTime(key)).map((key) => [key, outOfTime()] as const);
  return new Map([...late, ...(await deleteAll(store, keys.filter(isInTime), options))]);
}

async function deleteAll(
  store: S3Service,
  keys: readonly string[],
  options: StoreDeleteOptions,
): Promise<Map<string, Deletion>> {
  if (keys.length === 0) return new Map();
  try {
    const answer = await store(deleteRequest(keys, options));
    if (NOT_OFFERED.has(answer.status)) {
      discard(answer.body);
      return await deleteSingly(store, keys, options);
    }
    if (mayStillApply(answer)) throw new Error(`status ${answer.status}`);
    const tell = isSuccess(answer) ? told(await readBody(answer)) : always(refused(await refusalIn(answer)));
    return new Map(keys.map((key) => [key, tell(key)]));
  } catch (error) {
    return new Map(keys.map((key) => [key, failed(error)]));
  }
}

function deleteRequest(keys: readonly string[], { headers = {}, signal }: StoreDeleteOptions): S3Request {
  const body = Buffer.from(writeDelete({ objects: keys.map((key) => ({ key })), quiet: false }));
  return ask('DeleteObjects', {
    method: 'POST',
    query: [['delete', '']],
    headers: {
      ...headers,
      'content-type': 'application/xml',
      'content-length': String(body.length),
      'content-md5': createHash('md5').update(body).digest('base64'),
    },
    body,
    signal,
  });
}

/** An object that the store does not name was not deleted, for all that is known. */
function told(body: Buffer): (key: string) => Deletion {
  const { deleted, errors } = readDeleteResult(body);
  const outcomes = new Map<string, Deletion>(
    deleted.map(({ key, deleteMarker, deleteMarkerVersionId }) => {
      const marker = present<DeleteMarker>({ deleteMarker, deleteMarkerVersionId });
      return [key, { state: 'gone', marker }];
    }),
  );
  for (const { key, ...error } of errors)
    outcomes.set(key, error.code === 'NoSuchKey' ? GONE : refused(error));
  return (key) => outcomes.get(key) ?? refused(NOT_NAMED);
}

const NOT_NAMED: Refusal = {
  code: 'InternalError',
  message: 'The store did not say whether it deleted the object.',
};

async function deleteSingly(
  store: S3Service,
  keys: readonly string[],
  options: StoreDeleteOptions,
): Promise<Map<string, Deletion>> {
  const limit = pLimit(CONCURRENCY);
  const remove = async (key: string): Promise<[string, Deletion]> => [
    key,
    await deleteOne(store, key, options),
  ];
  return new Map(await Promise.all(keys.map((key) => limit(remove, key))));
}

async function deleteOne(store: S3Service, key: string, options: StoreDeleteOptions): Promise<Deletion> {
  const { headers = {}, signal, isInTime } = options;
  if (isInTime?.(key) === false) return outOfTime();
  try {
    const answer = await store(ask('DeleteObject', { method: 'DELETE', key, headers, signal }));
    if (mayStillApply(answer)) throw new Error(`status ${answer.status}`);
    if (!isSuccess(answer) && answer.status !== 404) return refused(await refusalIn(answer));
    discard(answer.body);
    return { state: 'gone', marker: markerIn(answer) };
  } catch (error) {
    return failed(error);
  }
}

const failed = (error: unknown): Deletion => ({
  state: wasNeverSent(error) ? 'unsent' : 'unanswered',
  error,
});

const outOfTime = (): Deletion => ({
  state: 'unsent',
  error: new S3Error('SlowDown', 'The stores took too long to delete the object. Please try again.'),
});

/** The marker that an answer to DeleteObject tells of. */
export function markerIn({ headers }: S3Response): DeleteMarker {
  if (headers['x-amz-delete-marker'] !== 'true') return {};
  return present<DeleteMarker>({ deleteMarker: true, deleteMarkerVersionId: headers['x-amz-version-id'] });
}

/** The error that an answer is. */
export async function refusalIn(answer: S3Response): Promise<Refusal> {
  const said = readError((await readBody(answer)).toString('utf8'));
  return said ?? { code: 'InternalError', message: `status ${answer.status}` };
}

const refused = ({ code, message }: Refusal): Deletion => ({ state: 'refused', code, message });

const always = (deletion: Deletion) => (): Deletion => deletion;

import { collect, discard } from '../../s3/body.js';
import { CHECKSUM_HEADERS } from '../../s3/checksums.js';
import { S3Error } from '../../s3/errors.js';
import type { HeaderFields, S3Request, S3Response } from '../../s3/message.js';
import { hasQuery } from '../../s3/params.js';
import { type ByteRange, formatContentRange, parseRange } from '../../s3/ranges.js';
import type { EncryptionContext } from './context.js';
import { CHUNK, plainSize, RECORD, readRecord } from './format.js';
import { DECRYPTED, isMarked, readMark, toldChecksum, withoutMark } from './mark.js';
import { openBody } from './open.js';
import { Damaged, Opener, type SealedObject } from './opener.js';
import { storedBytes, storedRange } from './stored-range.js';

/** How S3 says that an ETag is no hash of the bytes (AWS, "Object" API type). */
export const OPAQUE_ETAG: HeaderFields = { 'x-amz-server-side-encryption': 'aws:kms' };

/**
 * GetObject and HeadObject: the plaintext, of which no more is read than the chunks that are asked for. An object without a mark is answered as it is, unless
 * that is forbidden.
 *
 * @throws S3Error InvalidRange, InvalidObjectState (another key, or none), InternalError (damaged)
 */
export async function readObject(ctx: EncryptionContext, request: S3Request): Promise<S3Response> {
  const range = storedRange(request.headers.range);
  const { range: _, ...unranged } = request.headers;
  const asked = { ...request, headers: range === undefined ? unranged : { ...unranged, range } };
  const answer = await ctx.store(asked);
  if (answer.status === 416 && range !== undefined) return beyondTheEnd(ctx, request, answer);
  if (answer.status !== 200 && answer.status !== 206)
    return { ...answer, headers: withoutMark(answer.headers) };
  if (isMarked(answer.headers)) return decrypted(ctx, request, answer);
  if (ctx.strict) {
    discard(answer.body);
    throw unencrypted(ctx);
  }
  return range === undefined ? answer : readAsItIs(ctx, request, answer);
}

const unencrypted = ({ backend }: EncryptionContext): S3Error =>
  new S3Error(
    'InvalidObjectState',
    `The object is not encrypted, which the backend "${backend}" does not allow.`,
  );

/** The range was one of records, and there are none. */
async function readAsItIs(
  ctx: EncryptionContext,
  request: S3Request,
  tried: S3Response,
): Promise<S3Response> {
  discard(tried.body);
  const answer = await ctx.store(request);
  if (!isMarked(answer.headers)) return answer;
  discard(answer.body);
  throw replaced();
}

const replaced = (): S3Error =>
  new S3Error('ServiceUnavailable', 'The object was replaced while it was read.', {
    headers: { 'retry-after': '1' },
  });

/** The store knows where its records end, not where the plaintext does. */
async function beyondTheEnd(
  ctx: EncryptionContext,
  request: S3Request,
  refused: S3Response,
): Promise<S3Response> {
  const { status, headers, body } = await ctx.store(headOf(request));
  discard(body);
  if (status !== 200) return refused;
  discard(refused.body);
  if (!isMarked(headers)) return ctx.store(request);
  throw invalidRange(request, sizesOf({ headers, status }).size);
}

/** The same object, asked for without its bytes, and without what only decides which of them. */
export function headOf(request: S3Request): S3Request {
  const { signal, bucket, key } = request;
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => OF_ANY_READ.test(name)),
  );
  const query = request.query.filter(([name]) => name === 'versionId');
  return { operation: 'HeadObject', method: 'HEAD', bucket, key, query, headers, signal };
}

const OF_ANY_READ =
  /^x-amz-(?:server-side-encryption-customer-|expected-bucket-owner$|request-payer$)|^x-penumbra-/;

/** Bytes of the object that an answer has, or has a part of: of the plaintext, and as they are stored. @throws Damaged */
function sizesOf({ headers, status }: Pick<S3Response, 'headers' | 'status'>) {
  const stored = storedBytes(status, headers)?.total ?? 0;
  const size = plainSize(stored);
  if (size === undefined) throw new Damaged('no object is of this length');
  return { size, stored };
}

async function decrypted(
  ctx: EncryptionContext,
  request: S3Request,
  answer: S3Response,
): Promise<S3Response> {
  try {
    const object = sealedObject(request.key, answer);
    const wanted = wantedBytes(request, answer, object.size);
    const headers = answeredHeaders(request, answer, { wanted, size: object.size });
    if (request.method === 'HEAD' || answer.body === undefined) return { ...answer, headers };
    return { ...answer, headers, body: await opened(ctx, request, { answer, object, wanted }) };
  } catch (error) {
    discard(answer.body);
    throw error;
  }
}

function sealedObject(key: string, answer: S3Response): SealedObject {
  const { headers } = answer;
  const mark = readMark(headers);
  if (mark === undefined || mark === 'unknown')
    throw new S3Error('InvalidObjectState', 'The object is encrypted in a way that is not known.');
  return { key, mark, ...sizesOf(answer), parts: partsOf(headers.etag) };
}

/** By the ETag of an upload in parts. */
export function partsOf(etag = ''): number | undefined {
  const count = /-(\d{1,5})"?$/.exec(etag)?.[1];
  return count === undefined ? undefined : Number(count);
}

/** @throws S3Error InvalidRange, InternalError when the store answered other bytes than were asked for */
function wantedBytes(request: S3Request, { status, headers }: S3Response, size: number): ByteRange {
  if (status === 200) return { start: 0, end: size - 1 };
  const range = parseRange(request.headers.range, size);
  if (range === 'unsatisfiable') throw invalidRange(request, size);
  if (range !== undefined) return range;
  const stored = storedBytes(status, headers)?.range;
  if (!stored || !hasQuery(request, 'partNumber') || stored.start % RECORD !== 0)
    throw new S3Error('InternalError', 'The backend answered other bytes than were asked for.');
  const start = (stored.start / RECORD) * CHUNK;
  return { start, end: start + (plainSize(stored.end - stored.start + 1) ?? 0) - 1 };
}

function invalidRange({ headers: { range = '' } }: S3Request, size: number): S3Error {
  return new S3Error('InvalidRange', undefined, {
    fields: { RangeRequested: range, ActualObjectSize: String(size) },
    headers: { 'content-range': `bytes */${size}` },
  });
}

function answeredHeaders(
  request: S3Request,
  { status, headers }: S3Response,
  { wanted, size }: { readonly wanted: ByteRange; readonly size: number },
): HeaderFields {
  const { 'content-range': _, ...kept } = withoutChecksums(withoutMark(headers));
  const length = wanted.end - wanted.start + 1;
  const tellsChecksum = request.headers['x-amz-checksum-mode'] === 'ENABLED' && status === 200;
  return {
    ...kept,
    ...OPAQUE_ETAG,
    [DECRYPTED]: 'aes256-gcm',
    ...(tellsChecksum && toldChecksum(headers)),
    ...(status === 206 && length > 0 && { 'content-range': formatContentRange(wanted, size) }),
    'content-length': String(length),
  };
}

const CHECKSUMS: ReadonlySet<string> = new Set([...Object.values(CHECKSUM_HEADERS), 'x-amz-checksum-type']);

/** Those that a store tells are of what it has. */
export const withoutChecksums = (headers: HeaderFields): HeaderFields =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !CHECKSUMS.has(name)));

interface Opened {
  readonly answer: S3Response;
  readonly object: SealedObject;
  readonly wanted: ByteRange;
}

async function opened(
  ctx: EncryptionContext,
  request: S3Request,
  { answer, object, wanted }: Opened,
): Promise<NonNullable<S3Response['body']>> {
  const storedStart = storedBytes(answer.status, answer.headers)?.range.start ?? 0;
  const firstPartSize = (upload: Buffer) =>
    ctx.partSizes.of(upload, () =>
      readFirstPartSize(ctx, request, { object, upload, etag: answer.headers.etag }),
    );
  const keys = keysOf(ctx, object);
  return openBody(answer.body ?? Buffer.alloc(0), { object, keys, firstPartSize, storedStart, wanted });
}

/** @throws S3Error InvalidObjectState */
function keysOf({ keys, backend }: EncryptionContext, { mark }: SealedObject) {
  const named = keys.find(({ keyId }) => keyId === mark.keyId);
  if (named) return [named, ...keys.filter((key) => key !== named)];
  throw new S3Error(
    'InvalidObjectState',
    `The object is encrypted with the key "${mark.keyId}", which the backend "${backend}" does not have.`,
  );
}

interface FirstPart {
  readonly object: SealedObject;
  readonly upload: Buffer;
  readonly etag: string | undefined;
}

/** One record more than was asked for, once for an upload. @throws Damaged, S3Error ServiceUnavailable */
async function readFirstPartSize(
  ctx: EncryptionContext,
  request: S3Request,
  { object, upload, etag }: FirstPart,
): Promise<number> {
  const head = headOf(request);
  const headers = { ...head.headers, range: `bytes=0-${RECORD - 1}` };
  const answer = await ctx.store({ ...head, operation: 'GetObject', method: 'GET', headers });
  if (answer.status !== 206 || answer.headers.etag !== etag) {
    discard(answer.body);
    throw replaced();
  }
  const record = await collect(answer.body, RECORD);
  const first = readRecord(record)?.header;
  if (!first?.upload.equals(upload)) throw new Damaged('its first chunk is missing');
  const firstPartSize = async () => first.length;
  await new Opener({ object, keys: keysOf(ctx, object), firstPartSize }, 0).open(record);
  return first.length;
}

import { collect, discard } from '../../s3/body.js';
import { S3Error } from '../../s3/errors.js';
import type { HeaderFields, S3Request, S3Response } from '../../s3/message.js';
import { hasQuery } from '../../s3/params.js';
import { type ByteRange, formatContentRange, parseRange } from '../../s3/ranges.js';
import { headOf, OPAQUE_ETAG, partsOf, replaced, withoutChecksums } from './answers.js';
import type { EncryptionContext } from './context.js';
import { CHUNK, plainSize, RECORD, readRecord } from './format.js';
import { DECRYPTED, readMark, toldChecksum, withoutMark } from './mark.js';
import { openBody } from './open.js';
import { Damaged, Opener, type SealedObject } from './opener.js';
import { storedBytes } from './stored-range.js';

/** Bytes of the object that an answer has, or has a part of: of the plaintext, and as they are stored. @throws Damaged */
export function sizesOf({ headers, status }: Pick<S3Response, 'headers' | 'status'>) {
  const stored = storedBytes(status, headers)?.total ?? 0;
  const size = plainSize(stored);
  if (size === undefined) throw new Damaged('no object is of this length');
  return { size, stored };
}

/** A store's answer to a read of a marked object, as the client is to have it. @throws S3Error InvalidRange, InvalidObjectState, InternalError */
export async function decrypted(
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

export function invalidRange({ headers: { range = '' } }: S3Request, size: number): S3Error {
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
